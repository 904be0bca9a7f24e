import { isIntact } from '../entry-codec.ts';
import { INVALIDATED, MISSING, UNREADABLE } from './lua.ts';

export interface ReadEntries {
  /** The newest number when it was read: what is here was valid then. */
  readonly newest: number;
  /** In the order of the keys. */
  readonly entries: readonly ReadEntry[];
}

/** Intact bytes of a valid entry, or why there are none. */
export type ReadEntry = Buffer | 'miss' | 'invalidated' | 'corrupt';

const VERDICTS = new Map<unknown, Exclude<ReadEntry, Buffer>>([
  [MISSING, 'miss'],
  [INVALIDATED, 'invalidated'],
  [UNREADABLE, 'corrupt'],
]);

/** @param got bytes or a verdict of the script */
export function verdictOf(got: unknown): ReadEntry {
  if (Buffer.isBuffer(got)) return isIntact(got) ? got : 'corrupt';
  return VERDICTS.get(got) ?? 'corrupt';
}

/**
 * Of two newest numbers, so that what was read with either was valid then: a server that has taken over meanwhile may know
 * less than the one before it. 0: nothing was valid.
 */
export function olderOf(one: number, other: number): number {
  return one === 0 || other === 0 ? Math.max(one, other) : Math.min(one, other);
}
