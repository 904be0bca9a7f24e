import { createHash } from 'node:crypto';
import { TagNumbers } from '../tag-numbers.ts';

/** What Redis says of invalidations after a number. */
export interface NewerNumbers {
  /** The number that was asked about. */
  readonly after: number;
  readonly newest: number;
  /** Nothing from before is valid. */
  readonly floor: number;
  /** What was invalidated after it, the newest first, each with its number. */
  readonly members: readonly (readonly [member: string, number: number])[];
  /** There are more, before the last of them. */
  readonly isCut: boolean;
}

/** The longest tag that is called by itself, in bytes. */
const LONGEST_MEMBER = 48;

/** What a tag is called among the numbers in Redis. The scripts call it the same. */
function memberOf(tag: string): string {
  if (Buffer.byteLength(tag) <= LONGEST_MEMBER) return `:${tag}`;
  return `#${createHash('sha1').update(tag).digest('hex')}`;
}

/**
 * The newest numbers of Redis, as they are there: what came after those that are known is asked for beside entries, and
 * says with them which are valid. Complete from some number up to its end; of what is older Redis has to be asked.
 */
export class KnownNumbers {
  readonly #numbers = new TagNumbers();
  /** Of the server, which has given up all from before it; of the numbers it is the same or higher. */
  #floor = 0;
  #end = 0;

  /** What came after this is to be asked for. 0: nothing is known. */
  get end(): number {
    return this.#end;
  }

  /**
   * @param newer asked for by what was known here at the time
   * @returns false where the server knows less than it did, and may give numbers again: it is to be known anew
   */
  learn({ after, newest, floor, members, isCut }: NewerNumbers): boolean {
    if (newest < after) return false;
    // The newest last, as what is at the beginning is forgotten first.
    for (const [member, number] of members.toReversed()) this.#numbers.set([member], number);
    this.#numbers.raise(isCut ? Math.max(floor, members.at(-1)?.[1] ?? newest) : floor);
    this.#floor = Math.max(this.#floor, floor);
    this.#end = Math.max(this.#end, newest);
    return true;
  }

  /** What is known of an entry with these tags from after that number. */
  verdictOn(tags: readonly string[], since: number): 'valid' | 'invalidated' | 'unknown' {
    if (since < this.#floor) return 'invalidated';
    if (this.#numbers.isUntouched(since)) return 'valid';
    const members = tags.map(memberOf);
    if (this.#numbers.isValid(members, since)) return 'valid';
    return this.#numbers.isTouched(members, since) ? 'invalidated' : 'unknown';
  }
}
