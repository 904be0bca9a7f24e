import { type DocumentNode, Kind, type SelectionSetNode } from 'graphql';

/**
 * Selections of an operation once every fragment stands where it is spread: what a planner has to walk. Each
 * fragment is counted once, so that counting is linear where the walk would be exponential.
 */
export function expandedSize(document: DocumentNode): number {
  const sets = new Map<string, SelectionSetNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION)
      sets.set(definition.name.value, definition.selectionSet);
  }
  const sizes = new Map<string, number>();
  const sizeOfFragment = (name: string): number => {
    const known = sizes.get(name);
    if (known !== undefined) return known;
    const set = sets.get(name);
    const size = set === undefined ? 0 : sizeOfSet(set);
    sizes.set(name, size);
    return size;
  };
  const sizeOfSet = (set: SelectionSetNode): number =>
    set.selections.reduce((sum, selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return sum + 1 + sizeOfFragment(selection.name.value);
      return sum + 1 + (selection.selectionSet === undefined ? 0 : sizeOfSet(selection.selectionSet));
    }, 0);
  const operation = document.definitions.find(definition => definition.kind === Kind.OPERATION_DEFINITION);
  return operation === undefined ? 0 : sizeOfSet(operation.selectionSet);
}
