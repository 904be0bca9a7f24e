import { sha256 } from './hash.ts';

/** Hex digits of the hash that are looked at: as many as a number holds exactly. */
const DIGITS = 12;

/**
 * Where a text stands among all of them, from 0 up to but not including 100. The same in every process and for ever, so
 * that whoever is within a share stays there, and of a share that grows nobody drops out. What is to be drawn
 * independently has a word of its own in front.
 */
export function shareOf(text: string): number {
  return (Number.parseInt(sha256(text).slice(0, DIGITS), 16) / 16 ** DIGITS) * 100;
}
