/** Which progressive overrides are on in a plan, in the words of both planners. */
export interface ActiveOverrides {
  /** All that are on, `percent(…)` among them. */
  readonly labels: readonly string[];
  /** What the native planner compares `percent(…)` with: those above it are on. It does not look for them among labels. */
  readonly abovePercent: number;
}

/** From the labels that are on for a request, in addition to those that are for all requests. */
export type ActivateOverrides = (labels: readonly string[]) => ActiveOverrides;

/** @param shares label → percent of the callers for whom it is on. */
export function createActivation(
  own: ReadonlyMap<string, number | null>,
  shares: ReadonlyMap<string, number>,
): ActivateOverrides {
  const lasting = [...shares].flatMap(([label, share]) => (share >= 100 ? [label] : []));
  const percents = [...own.values()].filter(percent => percent !== null);
  return active => {
    const labels = [...new Set([...lasting, ...active])].sort();
    const lowest = Math.min(...labels.map(label => own.get(label) ?? Number.POSITIVE_INFINITY));
    // The highest of those that are off, as a number between two of them could be lost in rounding.
    const off = percents.filter(percent => percent < lowest);
    return { labels, abovePercent: Math.max(0, ...off) };
  };
}
