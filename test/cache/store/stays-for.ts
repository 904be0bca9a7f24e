import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { CacheStore } from '../../../src/cache/store/cache-store.ts';
import { PATIENCE } from './use-stores.ts';

/** How long from now on it was last seen in memory, ms. When it is seen to be gone is a matter of the machine, too. */
export async function staysFor(store: Pick<CacheStore, 'peek'>, key: string): Promise<number> {
  const began = performance.now();
  let lastSeenAt = began;
  for (;;) {
    const lookedAt = performance.now();
    if (store.peek(key) === undefined) return lastSeenAt - began;
    lastSeenAt = lookedAt;
    expect(lastSeenAt - began).toBeLessThan(PATIENCE.timeout);
    await sleep(1);
  }
}

/** Of an odd number of times: others use the machine at some of them. */
export function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}
