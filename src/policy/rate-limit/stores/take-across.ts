import type { Bucket } from '../bucket.ts';
import type { BucketState, Settlement, TakenState, TakeResult } from '../bucket-store.ts';
import type { CallGroup } from './group-by-reach.ts';

interface Across {
  readonly groups: readonly CallGroup<Bucket>[];
  /** Takes of the buckets of one of the groups, or does not. */
  readonly takeIn: (group: number) => Promise<TakeResult>;
  readonly giveBack: (settlements: readonly Settlement[]) => Promise<readonly BucketState[]>;
}

/**
 * Takes where no one step reaches all buckets: in each group at once, and back again what another group's refusal
 * or failure makes void. @throws what the first group that failed did.
 */
export async function takeAcross({ groups, takeIn, giveBack }: Across): Promise<TakeResult> {
  const settled = await Promise.allSettled(groups.map((_, g) => takeIn(g)));
  const states: TakenState[] = [];
  let failure: PromiseRejectedResult | null = null;
  let isTaken = true;
  for (const [g, result] of settled.entries()) {
    if (result.status === 'rejected') {
      failure ??= result;
      continue;
    }
    if (!result.value.isTaken) isTaken = false;
    for (const [i, state] of result.value.states.entries()) {
      states[groups[g]?.indices[i] as number] = state;
    }
  }
  if (failure !== null) {
    await giveBack(refundsOf(states.filter(state => state?.isTaken))).catch(() => {});
    throw failure.reason;
  }
  return { isTaken, states: await undoVoid(states, isTaken, giveBack) };
}

/** What was taken for an operation that is refused, or for a part of it that another group has left out. */
async function undoVoid(
  states: readonly TakenState[],
  isTaken: boolean,
  giveBack: Across['giveBack'],
): Promise<readonly TakenState[]> {
  const leftOut = new Set(states.filter(state => !state.isAllowed).map(({ bucket }) => bucket.part));
  const isVoid = ({ bucket, isTaken: isSpent }: TakenState): boolean =>
    isSpent && (!isTaken || (bucket.part !== null && leftOut.has(bucket.part)));
  const undone = states.filter(isVoid);
  if (undone.length === 0) return states;
  // The answer does not hang on this: units that cannot be given back stay spent until they come back by themselves.
  const now = await giveBack(refundsOf(undone)).catch((): readonly BucketState[] => []);
  let next = 0;
  return states.map(state => {
    // In the order of the states, as they were undone.
    if (state !== undone[next]) return state;
    const { remaining, resetAfterMs } = now[next++] ?? state;
    return { ...state, isTaken: false, remaining, resetAfterMs };
  });
}

export function refundsOf(states: readonly TakenState[]): readonly Settlement[] {
  return states.map(({ bucket, at }) => ({ bucket, units: bucket.units, takenAt: at }));
}
