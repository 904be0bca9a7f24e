/** What is counted while an answer is written: how often fields were called, by counter. */
export type CallCounts = number[];

/** What some of the counters say. */
export function pick(counts: CallCounts, counters: readonly number[]): readonly number[] {
  return counters.map(counter => counts[counter] as number);
}

/** How much further they are than they were. */
export function since(
  counts: CallCounts,
  counters: readonly number[],
  before: readonly number[],
): readonly number[] {
  return counters.map((counter, i) => (counts[counter] as number) - (before[i] as number));
}

/** Counts once more what was counted for one object, as it stands at another place, too. */
export function addAgain(counts: CallCounts, counters: readonly number[], more: readonly number[]): void {
  for (let i = 0; i < counters.length; i++) {
    const counter = counters[i] as number;
    counts[counter] = (counts[counter] as number) + (more[i] as number);
  }
}

/** All that may be counted below something, each once. Where it is what one part of it has, the same list. */
export function allCounters(parts: Iterable<readonly number[]>): readonly number[] {
  let all: readonly number[] = NO_COUNTERS;
  let joined: Set<number> | null = null;
  for (const part of parts) {
    if (part.length === 0 || part === all) continue;
    if (all.length === 0) all = part;
    else {
      joined ??= new Set(all);
      for (const counter of part) joined.add(counter);
    }
  }
  return joined === null || joined.size === all.length ? all : [...joined];
}

export const NO_COUNTERS: readonly number[] = Object.freeze([]);

/** @param counters all that there are */
export function startCounting(counters: readonly number[]): CallCounts {
  // Of most operations nothing is counted.
  return counters.length === 0 ? [] : new Array(Math.max(...counters) + 1).fill(0);
}
