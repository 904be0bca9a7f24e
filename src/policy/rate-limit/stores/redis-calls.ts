import type { Bucket, BucketName, BucketPlan } from '../bucket.ts';
import type { Settlement, TakenState, TakeResult } from '../bucket-store.ts';
import { ENOUGH, NEVER } from './lua/take.ts';
import type { KeyOf } from './redis-key.ts';

/** What a script is told, after the time. */
export interface ScriptCall {
  readonly keys: readonly string[];
  readonly values: readonly (string | number)[];
}

/** The keys of one call and their limits, each told once: callers differ, but most of them come under the same limits. */
class Named {
  readonly #keyOf: KeyOf;
  readonly #limits = new Map<BucketPlan, number>();
  readonly #buckets = new Map<BucketName, number>();
  readonly #keys = new Map<string, number>();
  readonly #limitOfKey: number[] = [];

  constructor(keyOf: KeyOf) {
    this.#keyOf = keyOf;
  }

  /** Counted from 1. */
  numberOf(bucket: BucketName): number {
    const known = this.#buckets.get(bucket);
    if (known !== undefined) return known;
    const key = this.#keyOf(bucket);
    const number = this.#keys.get(key) ?? this.#keys.size + 1;
    this.#buckets.set(bucket, number);
    if (number <= this.#keys.size) return number;
    this.#keys.set(key, number);
    const limit = this.#limits.get(bucket.plan) ?? this.#limits.size + 1;
    this.#limits.set(bucket.plan, limit);
    this.#limitOfKey.push(limit);
    return number;
  }

  call(own: readonly number[]): ScriptCall {
    const limits: (string | number)[] = [this.#limits.size];
    for (const { method, capacity, scale, rate, windowMs } of this.#limits.keys())
      limits.push(method, capacity, scale, rate, windowMs);
    // Not as arguments of a call, of which there can be only so many: buckets are as many as clients write values.
    return { keys: [...this.#keys.keys()], values: limits.concat(this.#limitOfKey, own) };
  }
}

/** The buckets of one operation. */
type Take = readonly Bucket[];

/** Equal takes, one after the other. */
interface Run {
  readonly take: Take;
  readonly count: number;
  /** Each of them is decided about by itself: it has parts, or names a bucket twice. */
  readonly isOneByOne: boolean;
}

export interface TakeCall extends ScriptCall {
  readonly runs: readonly Run[];
}

/** Several operations in one call of `lua/take.ts`. */
export function writeTakes(takes: readonly Take[], keyOf: KeyOf): TakeCall {
  const named = new Named(keyOf);
  const own: number[] = [];
  const runs: Run[] = [];
  for (let first = 0; first < takes.length; ) {
    const take = takes[first] as Take;
    const count = equalFrom(takes, first);
    const numbers = take.map(bucket => named.numberOf(bucket));
    const isOneByOne = take.some(({ part }) => part !== null) || new Set(numbers).size < numbers.length;
    runs.push({ take, count, isOneByOne });
    if (!isOneByOne) writeRun(own, { take, count, numbers });
    else for (let i = 0; i < count; i++) writeParts(own, take, numbers);
    first += count;
  }
  return { ...named.call(own), runs };
}

/** How many are the same as the first of them. */
function equalFrom(takes: readonly Take[], first: number): number {
  const take = takes[first] as Take;
  let end = first + 1;
  while (end < takes.length && isSameTake(take, takes[end] as Take)) end++;
  return end - first;
}

/** What callers want again and again is one object. */
export function isSameTake(one: Take, other: Take): boolean {
  return one.length === other.length && one.every((bucket, i) => bucket === other[i]);
}

interface WrittenRun extends Pick<Run, 'take' | 'count'> {
  readonly numbers: readonly number[];
}

function writeRun(own: number[], { take, count, numbers }: WrittenRun): void {
  own.push(count, take.length);
  for (const [i, { units }] of take.entries()) own.push(numbers[i] as number, units);
}

/** Parts are numbered from 1; 0 is the whole operation. */
function writeParts(own: number[], take: Take, numbers: readonly number[]): void {
  own.push(0, take.length);
  const parts = new Map<string | null, number>([[null, 0]]);
  for (const [i, { units, part }] of take.entries()) {
    const number = parts.get(part) ?? parts.size;
    parts.set(part, number);
    own.push(numbers[i] as number, units, number);
  }
}

/** The next so many numbers of a reply. */
type ReadNumbers = (count: number) => readonly number[];

/** What became of each take. Equal ones see the buckets as all of them left them. */
export function readTakes({ runs }: TakeCall, reply: unknown): readonly TakeResult[] {
  const numbers = reply as readonly number[];
  const at = numbers[0] as number;
  let next = 1;
  const read: ReadNumbers = count => {
    next += count;
    return numbers.slice(next - count, next);
  };
  return runs.flatMap(run =>
    run.isOneByOne
      ? Array.from({ length: run.count }, () => readParts(run.take, at, read))
      : readRun(run, at, read),
  );
}

function readParts(take: Take, at: number, read: ReadNumbers): TakeResult {
  const [isTaken] = read(1);
  const { length } = take;
  const told = { at, left: read(length * 2), waits: read(length), isTaken: read(length) };
  return { isTaken: isTaken === 1, states: statesOf(take, told) };
}

/** Those that were taken come first; as all are told the same, they are one object. */
function readRun({ take, count }: Run, at: number, read: ReadNumbers): readonly TakeResult[] {
  const [taken = 0] = read(1);
  const left = read(take.length * 2);
  const results: TakeResult[] = [];
  if (taken > 0) {
    const result = { isTaken: true, states: statesOf(take, { at, left, waits: null, isTaken: null }) };
    for (let i = 0; i < taken; i++) results.push(result);
  }
  if (taken < count) {
    const told = { at, left, waits: read(take.length), isTaken: [] };
    const refused = { isTaken: false, states: statesOf(take, told) };
    for (let i = taken; i < count; i++) results.push(refused);
  }
  return results;
}

/** Of each bucket. */
interface ToldStates {
  readonly at: number;
  /** What remains, and until it is full: two numbers. */
  readonly left: readonly number[];
  /** Until it has enough; null: all have. */
  readonly waits: readonly number[] | null;
  /** Whether it was taken from, 1 or 0; null: all were. */
  readonly isTaken: readonly number[] | null;
}

function statesOf(take: Take, { at, left, waits, isTaken }: ToldStates): readonly TakenState[] {
  return take.map((bucket, i) => {
    const wait = waits === null ? ENOUGH : (waits[i] as number);
    return {
      bucket,
      at,
      isAllowed: wait === ENOUGH,
      isTaken: isTaken === null || isTaken[i] === 1,
      remaining: left[i * 2] as number,
      resetAfterMs: left[i * 2 + 1] as number,
      retryAfterMs: wait === NEVER ? null : Math.max(0, wait),
    };
  });
}

/** Several corrections in one call of `lua/settle.ts`. @param isVoid the takes were none */
export function writeSettlements(
  settlements: readonly Settlement[],
  keyOf: KeyOf,
  isVoid: boolean,
): ScriptCall {
  const named = new Named(keyOf);
  const own = [isVoid ? 1 : 0];
  for (const { bucket, units, takenAt } of settlements) own.push(named.numberOf(bucket), units, takenAt);
  return named.call(own);
}

export function readStates<T extends BucketName>(buckets: readonly T[], reply: unknown) {
  const [, ...rest] = reply as number[];
  return buckets.map((bucket, i) => ({
    bucket,
    remaining: rest[i * 2] as number,
    resetAfterMs: rest[i * 2 + 1] as number,
  }));
}
