import type { FieldNode } from 'graphql';
import type { ValueAt, Variables } from './expression.ts';
import { buildCostGraph, type CostedField, type CostedOperation } from './graph.ts';
import type { CostModel } from './model.ts';
import { reach } from './reach.ts';

/** A field of an operation that somebody counts, under one of its coordinates. */
export interface CountedField {
  readonly node: FieldNode;
  readonly coordinate: string;
}

/** How often an operation resolves fields. */
export interface OperationCalls {
  readonly fields: readonly CountedField[];
  /**
   * How often each is resolved at most, by its place among them: a field below a list of 20 is 20 times, and so is it there
   * for each alias. Below a list of no items it is once: subgraphs take 0 for "as many as usual", and who is in debt would
   * else go on asking for so many for ever. What is answered holds until it is asked with other variables.
   */
  readonly count: (variables: Variables) => ValueAt;
}

const ONE_EACH = (): number => 1;

/**
 * How often an operation resolves fields, by the list sizes of the cost model.
 * @param isWanted asked for the coordinate of each object's field, and for those of the interfaces that have it.
 * @throws GatewayError DOCUMENT_LIMIT_EXCEEDED
 */
export function compileCalls(
  operation: CostedOperation,
  model: CostModel,
  isWanted: (coordinate: string) => boolean,
): OperationCalls {
  const graph = buildCostGraph(operation, model);
  const namesOf = ({ costs }: CostedField): readonly string[] => costs.names.filter(isWanted);
  const places = reach(graph, namesOf);
  const asked = reach(graph, namesOf, ONE_EACH);
  const timesFor = graph.expression.compileAll(places.map(({ times }) => times));
  const askedFor = graph.expression.compileAll(asked.map(({ times }) => times));
  return {
    fields: places.map(({ field, coordinate }) => ({ node: field.node, coordinate })),
    count(variables) {
      const timesAt = timesFor(variables);
      let askedAt: ValueAt | null = null;
      return index => {
        const times = timesAt(index);
        if (times > 0) return times;
        askedAt ??= askedFor(variables);
        return Math.min(1, askedAt(index));
      };
    },
  };
}
