import { isIncluded } from './condition.ts';
import type { Variables } from './expression.ts';
import { buildCostGraph, type CostedOperation, type Selection, type Variant } from './graph.ts';
import type { CostModel } from './model.ts';

/** What one field contributes to an estimate, wherever it is selected and without what is selected of it. */
export interface CostPart {
  readonly coordinate: string;
  readonly cost: number;
}

/**
 * The contributions of fields to an estimate, largest first. They add up to the estimate, less that of the kind of
 * operation, unless it has reached the maximum.
 */
export function costParts(
  operation: CostedOperation,
  model: CostModel,
  variables: Variables,
): readonly CostPart[] {
  const { expression, root, selections } = buildCostGraph(operation, model);
  const numberOf = expression.evaluate(variables);
  const costs = new Map<string, number>();
  const add = (coordinate: string, cost: number): void => {
    if (cost > 0) costs.set(coordinate, (costs.get(coordinate) ?? 0) + cost);
  };
  const dearest = ({ variants }: Selection): Variant | undefined =>
    variants.reduce<Variant | undefined>(
      (best, next) => (best === undefined || numberOf(next.cost) > numberOf(best.cost) ? next : best),
      undefined,
    );
  const arriving = new Map<Selection, number>([[root, 1]]);
  for (const selection of [...selections].reverse()) {
    const times = arriving.get(selection) ?? 0;
    const variant = dearest(selection);
    if (times === 0 || variant === undefined) continue;
    add('introspection', times * numberOf(variant.introspectionCost));
    for (const { costs: field, inclusion, size, unit, argumentCost, below } of variant.fields) {
      if (!isIncluded(inclusion, variables)) continue;
      const values = times * numberOf(size);
      const each = unit + (below === null ? 0 : (dearest(below)?.typeCost ?? 0));
      add(field.coordinate, values * each + times * numberOf(argumentCost));
      if (below !== null) arriving.set(below, (arriving.get(below) ?? 0) + values);
    }
  }
  return [...costs]
    .map(([coordinate, cost]) => ({ coordinate, cost }))
    .sort((a, b) => b.cost - a.cost || a.coordinate.localeCompare(b.coordinate));
}
