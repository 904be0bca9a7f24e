import type { Bucket } from '../bucket.ts';

/** One of the buckets that are asked for together; the same object wherever it is the same bucket. */
export interface Asked {
  readonly available: number;
  /** What is to be taken of it, if anything is. */
  pending: number;
}

export interface Decision {
  readonly isTaken: boolean;
  /** In the order of the buckets: 0 where there was enough, else what the bucket would have had to have. Null: all had. */
  readonly lacking: readonly number[] | null;
  /** Parts of the operation that are left out. */
  readonly leftOut: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * What stands for the whole operation comes first, so that a part never takes from it what it needs; then part by
 * part, in the order in which they first appear. Leaves in `pending` what is to be taken of each bucket.
 */
export function decide(buckets: readonly Bucket[], asked: readonly Asked[]): Decision {
  let lacking: number[] | null = null;
  let isTaken = true;
  let hasParts = false;
  for (let i = 0; i < buckets.length; i++) {
    const { part, units } = buckets[i] as Bucket;
    const one = asked[i] as Asked;
    if (part !== null) hasParts = true;
    else if (isThere(one, units)) one.pending += units;
    else {
      lacking ??= zeros(buckets);
      lacking[i] = one.pending + units;
      isTaken = false;
    }
  }
  if (hasParts) lacking ??= zeros(buckets);
  const leftOut = hasParts && lacking !== null ? decideParts(buckets, asked, lacking) : NONE;
  if (!isTaken) for (const one of asked) one.pending = 0;
  return { isTaken, lacking, leftOut };
}

function zeros({ length }: readonly Bucket[]): number[] {
  return new Array(length).fill(0);
}

function decideParts(
  buckets: readonly Bucket[],
  asked: readonly Asked[],
  lacking: number[],
): ReadonlySet<string> {
  const leftOut = new Set<string>();
  for (const [part, indices] of indicesByPart(buckets)) {
    let isRefused = false;
    for (const i of indices) {
      const one = asked[i] as Asked;
      const { units } = buckets[i] as Bucket;
      const isRoom = isThere(one, units);
      one.pending += units;
      if (isRoom) continue;
      lacking[i] = one.pending;
      isRefused = true;
    }
    if (!isRefused) continue;
    leftOut.add(part);
    for (const i of indices) (asked[i] as Asked).pending -= (buckets[i] as Bucket).units;
  }
  return leftOut;
}

/** Nothing can be had from a bucket in debt too. */
function isThere({ pending, available }: Asked, units: number): boolean {
  return units === 0 || pending + units <= available;
}

function indicesByPart(buckets: readonly Bucket[]): ReadonlyMap<string, readonly number[]> {
  const parts = new Map<string, number[]>();
  for (const [i, { part }] of buckets.entries()) {
    if (part === null) continue;
    const indices = parts.get(part);
    if (indices === undefined) parts.set(part, [i]);
    else indices.push(i);
  }
  return parts;
}
