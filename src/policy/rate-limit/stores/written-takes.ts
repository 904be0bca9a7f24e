import { Lru } from '../../../shared/lru.ts';
import type { RedisScript, WrittenCall } from '../../../storage/redis-script.ts';
import type { Bucket } from '../bucket.ts';
import { isSameTake, type TakeCall, writeTakes } from './redis-calls.ts';
import type { KeyOf } from './redis-key.ts';

/** The buckets of one operation. */
type Take = readonly Bucket[];

export interface WrittenTake {
  readonly take: Take;
  readonly call: TakeCall;
  readonly script: WrittenCall;
}

const MAX_WRITTEN = 1_000;

/** Of larger ones the texts would take too much memory. */
const MOST_BUCKETS = 8;

/**
 * Takes by themselves, as they were last written down. What callers want again and again is one object, and to write it
 * down is most of what a take costs here.
 */
export class WrittenTakes {
  readonly #script: RedisScript;
  readonly #keyOf: KeyOf;
  /** By the first bucket. */
  readonly #written = new Lru<Bucket, WrittenTake>(MAX_WRITTEN);

  constructor(script: RedisScript, keyOf: KeyOf) {
    this.#script = script;
    this.#keyOf = keyOf;
  }

  /** Null: it is too large. */
  of(take: Take): WrittenTake | null {
    const [first] = take;
    if (first === undefined || take.length > MOST_BUCKETS) return null;
    const known = this.#written.get(first);
    if (known !== undefined && isSameTake(known.take, take)) return known;
    const call = writeTakes([take], this.#keyOf);
    const made = { take, call, script: this.#script.write(call.keys, call.values) };
    this.#written.set(first, made);
    return made;
  }
}
