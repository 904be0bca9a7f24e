import type { CostCeiling, CostConfig } from '../../config/cost.ts';
import type { CostOverrides } from './problems.ts';

interface PersonaCosts {
  /** What the persona says of its own, with what `policy.cost` says of the same lists. */
  readonly own: CostOverrides;
  /** What holds for its operations. */
  readonly all: CostConfig;
}

/** Weights and list sizes as a persona has them, over those of `policy.cost`. */
export function personaCosts(
  { weights = {}, listSizes = {} }: CostCeiling,
  shared: CostConfig,
): PersonaCosts {
  const merged = Object.entries(listSizes).map(([coordinate, size]) => {
    return [coordinate, { ...shared.listSizes[coordinate], ...size }] as const;
  });
  const own = { weights, listSizes: Object.fromEntries(merged) };
  return {
    own,
    all: {
      ...shared,
      weights: { ...shared.weights, ...own.weights },
      listSizes: { ...shared.listSizes, ...own.listSizes },
    },
  };
}
