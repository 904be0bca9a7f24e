import type { PlannableOperation } from '../../src/execution/planners/planner.ts';

/** An operation as planners get it, with no progressive override on. */
export function plannable(text: string): PlannableOperation {
  return { text, name: null, overrides: { labels: [], abovePercent: 0 } };
}
