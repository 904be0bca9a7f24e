import type { Lease } from '../store/cache-store.ts';

/** What is kept is on its way to Redis for a moment. */
const WRITTEN_MS = 25;

/** Gives a lease back when what was made under it can be found: whoever has it next looks there first. */
export function releaseOnceWritten(lease: Lease): void {
  setTimeout(() => lease.release(), WRITTEN_MS).unref();
}
