import { type FieldNode, Kind, type SelectionNode, type SelectionSetNode } from 'graphql';
import type { ExecutionPlan } from '../../plan.ts';
import type { PlannableOperation } from '../planner.ts';
import { type EntityQuery, isEntityFetch, readEntityQueries, writeEntityFetch } from './entity-queries.ts';
import type { JoinFacts } from './join-facts.ts';
import { separateRequirements } from './separate-requirements.ts';

export interface MendContext {
  readonly facts: JoinFacts;
  /** Whether variables decide what the operation selects. */
  readonly isConditional: boolean;
}

export function mendContext(facts: JoinFacts, operation: PlannableOperation): MendContext {
  return { facts, isConditional: /@(skip|include)\b/.test(operation.text) };
}

/** Puts right what both planners get wrong in entity fetches. Null when nothing is left to fetch. */
export function mendPlan(plan: ExecutionPlan, context: MendContext): ExecutionPlan | null {
  switch (plan.kind) {
    case 'sequence':
    case 'parallel': {
      const nodes = plan.nodes.map(node => mendPlan(node, context)).filter(node => node !== null);
      return nodes.length === 0 ? null : { ...plan, nodes };
    }
    case 'condition': {
      const ifTrue = plan.ifTrue === null ? null : mendPlan(plan.ifTrue, context);
      const ifFalse = plan.ifFalse === null ? null : mendPlan(plan.ifFalse, context);
      return ifTrue === null && ifFalse === null ? null : { ...plan, ifTrue, ifFalse };
    }
    case 'fetch': {
      const queries = isEntityFetch(plan) ? readEntityQueries(plan) : null;
      if (queries === null || !isEntityFetch(plan)) return plan;
      const mended = queries
        .flatMap(query => withoutInterfaceNames(query, plan.subgraph, context.facts))
        .flatMap(query => separateRequirements(query, plan.subgraph, context));
      if (mended.length === 0) return null;
      const same =
        mended.length === queries.length && mended.every((query, index) => query === queries[index]);
      return same ? plan : writeEntityFetch(plan, mended);
    }
  }
}

/**
 * A subgraph that knows an interface as an object answers `__typename` with the interface's name, which would
 * replace the name that the object has by now. Nobody needs it: who asks the subgraph knows the object.
 */
function withoutInterfaceNames(query: EntityQuery, subgraph: string, facts: JoinFacts): EntityQuery[] {
  const strip = ({ selections }: SelectionSetNode, typeName: string | null): readonly SelectionNode[] =>
    selections.flatMap((selection): SelectionNode[] => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return [selection];
      if (selection.kind === Kind.FIELD)
        return isTypeName(selection) && typeName !== null && facts.isInterfaceObject(subgraph, typeName)
          ? []
          : [selection];
      const inner = strip(selection.selectionSet, selection.typeCondition?.name.value ?? typeName);
      return inner.length === 0 ? [] : [{ ...selection, selectionSet: selectionSetOf(inner) }];
    });
  const stripped = strip(query.selectionSet, null);
  if (stripped.length === 0) return [];
  return countFields(stripped) === countFields(query.selectionSet.selections)
    ? [query]
    : [{ ...query, selectionSet: selectionSetOf(stripped) }];
}

function isTypeName(field: FieldNode): boolean {
  return field.name.value === '__typename';
}

function selectionSetOf(selections: readonly SelectionNode[]): SelectionSetNode {
  return { kind: Kind.SELECTION_SET, selections };
}

function countFields(selections: readonly SelectionNode[]): number {
  return selections.reduce(
    (sum, selection) =>
      sum + (selection.kind === Kind.INLINE_FRAGMENT ? countFields(selection.selectionSet.selections) : 1),
    0,
  );
}
