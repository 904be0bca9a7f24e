import type { FieldNode } from 'graphql';
import { MUTATION_WEIGHT } from './compile.ts';
import { Expression, type Variables } from './expression.ts';
import type { CostedOperation } from './graph.ts';
import { argumentsTerm, variableDefaults } from './input-cost.ts';
import type { CostModel } from './model.ts';

/**
 * What to add up over an answer for its actual cost; the estimate is made of the same numbers. For every value of
 * a field (each item of a list) that is not null: `fieldWeight`, or where that is null `typeWeight` of the object's
 * own type, or of the leaf's. For every field of every object, whatever its value: `argumentCost`, once.
 */
export interface FieldCostsOfOperation {
  /** Of the operation itself. */
  readonly operationCost: number;
  readonly typeWeight: (typeName: string) => number;
  readonly fieldWeight: (typeName: string, fieldName: string) => number | null;
  /** Null when the arguments cost nothing, whatever their values. */
  readonly argumentCost: (typeName: string, node: FieldNode) => ((variables: Variables) => number) | null;
}

const INTROSPECTION: ReadonlySet<string> = new Set(['__schema', '__type']);

export function fieldCosts({ definition }: CostedOperation, model: CostModel): FieldCostsOfOperation {
  const defaultOf = variableDefaults(definition);
  return {
    operationCost: definition.operation === 'mutation' ? MUTATION_WEIGHT : 0,
    // As in estimates: introspection is 1 for each field of the root, whatever is below.
    typeWeight: name => (name.startsWith('__') ? 0 : model.typeWeight(name)),
    fieldWeight: (typeName, fieldName) =>
      INTROSPECTION.has(fieldName) ? 1 : model.fieldWeight(typeName, fieldName),
    argumentCost(typeName, node) {
      const costs = model.field(typeName, node.name.value);
      if (costs === null) return null;
      const expression = new Expression();
      const term = argumentsTerm({ model, expression, defaultOf }, costs, node);
      return term === 0 ? null : expression.compile(term);
    },
  };
}
