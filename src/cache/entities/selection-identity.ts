import {
  type ASTNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  print,
  type SelectionSetNode,
  visit,
} from 'graphql';

/** All that the operation of a fetch says of one of its selections. */
export interface SelectionIdentity {
  /** With the fragments that it spreads, and the types and defaults of its variables. */
  readonly text: string;
  /** Names of its variables, sorted. */
  readonly variables: readonly string[];
}

/**
 * Selections of different operations are one where their texts are equal. Names of operations make no difference, nor
 * does the order of fields: answers are written by what clients ask, not by what subgraphs are asked.
 */
export function identifySelection(set: SelectionSetNode, document: DocumentNode): SelectionIdentity {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  const names = new Set<string>();
  const spread = new Map<string, string>();
  const read = (node: SelectionSetNode | FragmentDefinitionNode): void => {
    visit(node, {
      Variable: ({ name }) => void names.add(name.value),
      FragmentSpread({ name }) {
        const fragment = fragments.get(name.value);
        if (fragment === undefined || spread.has(name.value)) return;
        spread.set(name.value, printSorted(fragment));
        read(fragment);
      },
    });
  };
  read(set);
  const operation = document.definitions.find(node => node.kind === Kind.OPERATION_DEFINITION);
  const definitions = (operation?.variableDefinitions ?? []).filter(({ variable }) =>
    names.has(variable.name.value),
  );
  const text = JSON.stringify([printSorted(set), [...spread].sort(byName), definitions.map(print).sort()]);
  return Object.freeze({ text, variables: Object.freeze([...names].sort()) });
}

function printSorted(node: SelectionSetNode | FragmentDefinitionNode): string {
  const sorted = visit(node, {
    Field: {
      leave: field => ({ ...field, arguments: sortedByText(field.arguments ?? []) }),
    },
    SelectionSet: {
      leave: set => ({ ...set, selections: sortedByText(set.selections) }),
    },
  });
  return print(sorted);
}

function sortedByText<T extends ASTNode>(nodes: readonly T[]): readonly T[] {
  return nodes
    .map(node => [print(node), node] as const)
    .sort(byName)
    .map(([, node]) => node);
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
