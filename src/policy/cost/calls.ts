import type { FieldNode } from 'graphql';
import type { Variables } from './expression.ts';
import { buildCostGraph, type CostedOperation } from './graph.ts';
import type { CostModel } from './model.ts';
import { reach } from './reach.ts';

/** A field of an operation that somebody counts. */
export interface FieldCalls {
  readonly node: FieldNode;
  /** How often it is resolved at most: a field below a list of 20 is 20 times, and so is it there for each alias. */
  readonly calls: (variables: Variables) => number;
}

/**
 * How often an operation resolves fields, by the list sizes of the cost model.
 * @param isWanted asked for the coordinate of each object's field, and for those of the interfaces that have it.
 * @throws GatewayError DOCUMENT_LIMIT_EXCEEDED
 */
export function compileCalls(
  operation: CostedOperation,
  model: CostModel,
  isWanted: (coordinate: string) => boolean,
): readonly FieldCalls[] {
  const graph = buildCostGraph(operation, model);
  const places = reach(graph, ({ costs }) => costs.names.filter(isWanted));
  return places.map(({ field, times }) => ({
    node: field.node,
    calls: graph.expression.compile(times),
  }));
}
