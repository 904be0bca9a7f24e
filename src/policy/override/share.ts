import { sha256 } from '../../shared/hash.ts';

/** Hex digits of the hash that are looked at: as many as a number holds exactly. */
const DIGITS = 12;

/**
 * Where a subject stands among all of them, from 0 up to but not including 100. The same for every label, in every
 * process and for ever, so that whoever is on a side stays there; and of a share that grows nobody drops out.
 */
export function shareOf(subject: string): number {
  const hash = sha256(`override ${subject}`).slice(0, DIGITS);
  return (Number.parseInt(hash, 16) / 16 ** DIGITS) * 100;
}
