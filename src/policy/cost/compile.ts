import type { FieldNode } from 'graphql';
import type { Term, ValueAt, Variables } from './expression.ts';
import { buildCostGraph, type CostedOperation, type CostGraph, type Variant } from './graph.ts';
import { countSlicing } from './list-size.ts';
import type { CostModel } from './model.ts';
import { printExpression } from './print-expression.ts';
import { reach } from './reach.ts';

/** A field with `requireOneSlicingArgument` that has none, or several. */
export interface SlicingProblem {
  readonly coordinate: string;
  /** Arguments of which there must be exactly one. */
  readonly slicingArguments: readonly string[];
  readonly given: number;
}

/** The cost of an operation as a function of its variables. Made once for an operation of a generation. */
export interface CostPlan {
  /**
   * The most that an answer may cost, from 0 to MAX_COST. Substitutes variables and nothing else.
   * @param variables coerced; what is missing has its default.
   */
  readonly estimate: (variables: Variables) => number;
  /** Whether an answer may cost anything at all, however short its lists are estimated to be. */
  readonly mayCost: boolean;
  readonly problems: (variables: Variables) => readonly SlicingProblem[];
  /** Coordinates of lists whose size nothing says, taken to be of the default size. */
  readonly unboundedLists: readonly string[];
  /** The expression as text. */
  readonly print: () => string;
}

/** Of an operation, whatever it selects. */
export const MUTATION_WEIGHT = 10;

/**
 * The formula: operation = 10 for a mutation, else 0; field = n × (type + Σ children) + Σ arguments.
 * @param operation valid against the schema of the model.
 * @throws GatewayError DOCUMENT_LIMIT_EXCEEDED
 */
export function compileCost(operation: CostedOperation, model: CostModel): CostPlan {
  const { definition } = operation;
  const graph = buildCostGraph(operation, model);
  const { expression, unboundedLists } = graph;
  const term = operationCost(operation, graph);
  return Object.freeze({
    estimate: expression.compile(term),
    mayCost:
      definition.operation === 'mutation' || graph.selections.some(({ variants }) => variants.some(mayCost)),
    problems: compileProblems(graph),
    unboundedLists: Object.freeze([...unboundedLists].sort()),
    print: () => printExpression(term, expression.stepsOf([term])),
  });
}

function operationCost({ definition }: CostedOperation, { expression, root }: CostGraph): Term {
  return expression.sum([definition.operation === 'mutation' ? MUTATION_WEIGHT : 0, root.cost]);
}

function mayCost({ typeCost, introspectionCost, fields }: Variant): boolean {
  if (typeCost > 0 || introspectionCost !== 0) return true;
  return fields.some(({ unit, argumentCost }) => unit > 0 || argumentCost !== 0);
}

const NO_PROBLEMS: readonly SlicingProblem[] = Object.freeze([]);

function compileProblems(graph: CostGraph): CostPlan['problems'] {
  if (!graph.requiresSlicing) return () => NO_PROBLEMS;
  const { expression, scope } = graph;
  const places = reach(graph, ({ costs }) => {
    const { listSize } = costs;
    return listSize?.requireOneSlicingArgument && listSize.slicingArguments.length > 0
      ? [costs.coordinate]
      : [];
  });
  const checks = places.map(({ coordinate, field }) => ({
    coordinate,
    node: field.node,
    slicingArguments: field.costs.listSize?.slicingArguments ?? [],
    count: countSlicing(scope, field.costs, field.node),
  }));
  const timesFor = expression.compileAll(places.map(({ times }) => times));
  return variables => {
    const problems = new Map<FieldNode, SlicingProblem>();
    let times: ValueAt | null = null;
    for (const [index, { coordinate, node, slicingArguments, count }] of checks.entries()) {
      const given = count(variables);
      if (given === 1) continue;
      times ??= timesFor(variables);
      if (times(index) === 0) continue;
      // A field of an interface is there once for every type of object.
      problems.set(node, { coordinate, slicingArguments, given });
    }
    return problems.size === 0 ? NO_PROBLEMS : [...problems.values()];
  };
}
