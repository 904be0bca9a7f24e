import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type InlineFragmentNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  print,
  type SelectionSetNode,
  stripIgnoredCharacters,
  type VariableDefinitionNode,
  visit,
} from 'graphql';
import { responseKeyOf } from '../../../shared/response-key-of.ts';
import type { EntityFetchPlan, EntityGroup, FetchPlan } from '../../plan.ts';

/** An entity fetch taken apart: what each of its groups asks, free of aliases and variable names. */
export interface EntityQuery {
  readonly group: EntityGroup;
  /** Below `_entities`. */
  readonly selectionSet: SelectionSetNode;
  /** Definitions of the client's variables, of which the selections may use some. */
  readonly definitions: readonly VariableDefinitionNode[];
}

export function isEntityFetch(plan: { readonly kind: string }): plan is EntityFetchPlan {
  return plan.kind === 'fetch' && (plan as FetchPlan).target.kind === 'entities';
}

/** Null when the operation is not of the form that planners write: one operation that asks `_entities` only. */
export function readEntityQueries(fetch: EntityFetchPlan): readonly EntityQuery[] | null {
  const document = parse(fetch.operation, { noLocation: true });
  const [operation] = withoutFragments(document).definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) return null;
  const ours = new Set(fetch.target.groups.map(({ variable }) => variable));
  const definitions = (operation.variableDefinitions ?? []).filter(
    ({ variable }) => !ours.has(variable.name.value),
  );
  const queries = fetch.target.groups.flatMap(group => {
    const selectionSet = entitiesField(operation, group.alias)?.selectionSet;
    return selectionSet === undefined ? [] : [{ group, selectionSet, definitions }];
  });
  return queries.length === operation.selectionSet.selections.length ? queries : null;
}

/** Fragments that a planner took out to save text, put back: what is taken apart must be in one piece. */
function withoutFragments(document: DocumentNode): DocumentNode {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  if (fragments.size === 0) return document;
  return visit(document, {
    FragmentDefinition: () => null,
    // What is returned is visited in turn, so fragments in fragments are replaced too.
    FragmentSpread(spread): InlineFragmentNode | undefined {
      const fragment = fragments.get(spread.name.value);
      if (fragment === undefined) return undefined;
      const { typeCondition, selectionSet } = fragment;
      const { directives = [] } = spread;
      return { kind: Kind.INLINE_FRAGMENT, typeCondition, directives, selectionSet };
    },
  });
}

function entitiesField(operation: OperationDefinitionNode, alias: string): FieldNode | undefined {
  return operation.selectionSet.selections.find(
    (selection): selection is FieldNode =>
      selection.kind === Kind.FIELD && responseKeyOf(selection) === alias,
  );
}

/** One fetch for all the queries. Representations of several groups travel under names of our own. */
export function writeEntityFetch(base: EntityFetchPlan, queries: readonly EntityQuery[]): EntityFetchPlan {
  const groups = queries.map(({ group }, index) =>
    queries.length === 1
      ? { ...group, alias: '_entities', variable: 'representations' }
      : { ...group, alias: `_e${index}`, variable: `__representations_${index}` },
  );
  const fields = queries.map(({ selectionSet }, index) => {
    const { alias = '', variable = '' } = groups[index] ?? {};
    const name = alias === '_entities' ? alias : `${alias}: _entities`;
    return `${name}(representations: $${variable}) ${print(selectionSet)}`;
  });
  const used = new Set(queries.flatMap(({ selectionSet }) => variablesIn(selectionSet)));
  const definitions = new Map(
    queries
      .flatMap(query => query.definitions)
      .filter(({ variable }) => used.has(variable.name.value))
      .map(definition => [definition.variable.name.value, print(definition)]),
  );
  const heads = [...groups.map(({ variable }) => `$${variable}: [_Any!]!`), ...definitions.values()];
  const name = base.operationName === null ? '' : ` ${base.operationName}`;
  const text = `${OperationTypeNode.QUERY}${name}(${heads.join(', ')}) { ${fields.join(' ')} }`;
  return {
    ...base,
    operation: stripIgnoredCharacters(text),
    variables: [...definitions.keys()],
    target: { kind: 'entities', groups },
  };
}

function variablesIn(selectionSet: SelectionSetNode): string[] {
  const names: string[] = [];
  visit(selectionSet, { Variable: node => void names.push(node.name.value) });
  return names;
}

/** The same query for the sake of comparing; paths do not count. */
export function identityOf({ group, selectionSet }: EntityQuery): string {
  return JSON.stringify([print(selectionSet), group.requires, group.outputRewrites]);
}
