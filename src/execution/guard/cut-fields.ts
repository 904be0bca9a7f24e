import {
  type DocumentNode,
  type FieldNode,
  Kind,
  parse,
  print,
  type SelectionSetNode,
  stripIgnoredCharacters,
  visit,
} from 'graphql';
import { TYPENAME_FIELD } from '../../shared/typename-field.ts';
import type { FetchPlan } from '../plan.ts';

/** All fields of an operation, in the order in which they are written. */
export function fieldsInOrder(document: DocumentNode): readonly FieldNode[] {
  const fields: FieldNode[] = [];
  visit(document, { Field: node => void fields.push(node) });
  return fields;
}

/**
 * The fetch without some of its fields: what nobody uses then goes with them (variables, fragments, whole entity
 * groups). Null when nothing is left to ask for. Parses the operation again, as breakers hardly ever open, and parsed
 * it would take most of the memory of its plan.
 * @param positions of the fields, see {@link fieldsInOrder}
 */
export function cutFields(fetch: FetchPlan, positions: readonly number[]): FetchPlan | null {
  const document = parse(fetch.operation, { noLocation: true });
  const fields = fieldsInOrder(document);
  const cut = new Set(positions.flatMap(position => fields[position] ?? []));
  const without = withoutUnused(withoutEmptyFragments(withoutFields(document, cut)));
  const operation = without.definitions.find(node => node.kind === Kind.OPERATION_DEFINITION);
  if (operation === undefined || asksNothing(operation.selectionSet)) return null;
  const used = variablesIn(without);
  const { target } = fetch;
  return {
    ...fetch,
    operation: stripIgnoredCharacters(print(without)),
    variables: fetch.variables.filter(name => used.has(name)),
    target:
      target.kind === 'root'
        ? target
        : { ...target, groups: target.groups.filter(({ variable }) => used.has(variable)) },
  };
}

/** Objects of which nothing but a type name is left are still there; entities and roots of which it is are not. */
function withoutFields(document: DocumentNode, cut: ReadonlySet<FieldNode>): DocumentNode {
  return visit(document, {
    Field: {
      enter: node => (cut.has(node) ? null : undefined),
      leave(node) {
        if (node.selectionSet === undefined) return undefined;
        if (node.name.value === '_entities') return asksNothing(node.selectionSet) ? null : undefined;
        return node.selectionSet.selections.length > 0
          ? undefined
          : { ...node, selectionSet: { ...node.selectionSet, selections: [TYPENAME_FIELD] } };
      },
    },
    InlineFragment: {
      leave: node => (node.selectionSet.selections.length === 0 ? null : undefined),
    },
  });
}

function asksNothing({ selections }: SelectionSetNode): boolean {
  return selections.every(
    node =>
      (node.kind === Kind.FIELD && node.name.value === '__typename') ||
      (node.kind === Kind.INLINE_FRAGMENT && asksNothing(node.selectionSet)),
  );
}

/** Spreads of fragments of which nothing is left go too, and so on upwards. */
function withoutEmptyFragments(document: DocumentNode): DocumentNode {
  const empty = new Set<string>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION && node.selectionSet.selections.length === 0)
      empty.add(node.name.value);
  }
  if (empty.size === 0) return document;
  const without = visit(document, {
    FragmentDefinition: node => (empty.has(node.name.value) ? null : undefined),
    FragmentSpread: node => (empty.has(node.name.value) ? null : undefined),
  });
  return withoutEmptyFragments(withoutFields(without, new Set()));
}

/** Fragments that nothing spreads any more, and variables without a use. */
function withoutUnused(document: DocumentNode): DocumentNode {
  const spread = new Set<string>();
  visit(document, { FragmentSpread: ({ name }) => void spread.add(name.value) });
  const definitions = document.definitions.filter(
    node => node.kind !== Kind.FRAGMENT_DEFINITION || spread.has(node.name.value),
  );
  const used = variablesIn({ ...document, definitions });
  return {
    ...document,
    definitions: definitions.map(node =>
      node.kind === Kind.OPERATION_DEFINITION
        ? {
            ...node,
            variableDefinitions: (node.variableDefinitions ?? []).filter(({ variable }) =>
              used.has(variable.name.value),
            ),
          }
        : node,
    ),
  };
}

/** Names of the variables that are used, not those that are defined. */
function variablesIn(node: Parameters<typeof visit>[0]): ReadonlySet<string> {
  const names = new Set<string>();
  visit(node, {
    VariableDefinition: () => false,
    Variable: variable => void names.add(variable.name.value),
  });
  return names;
}
