import { type DirectiveNode, type FragmentDefinitionNode, Kind, parse, type SelectionSetNode } from 'graphql';

/**
 * Whether some variables make an operation ask for data: only where conditions exclude each other
 * (`@skip(if: $a) @include(if: $a)`) may a planner have nothing to do.
 */
export function asksData(text: string): boolean {
  const fragments = new Map<string, FragmentDefinitionNode>();
  const { definitions } = parse(text, { noLocation: true });
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const asks = ({ selections }: SelectionSetNode, known: ReadonlyMap<string, boolean>): boolean =>
    selections.some(selection => {
      const conditions = withConditions(known, selection.directives ?? []);
      if (conditions === null) return false;
      if (selection.kind === Kind.FIELD) return true;
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      return fragment !== undefined && asks(fragment.selectionSet, conditions);
    });
  return definitions.some(
    definition => definition.kind === Kind.OPERATION_DEFINITION && asks(definition.selectionSet, new Map()),
  );
}

/** The conditions known so far and those of the directives; null when they exclude each other. */
function withConditions(
  known: ReadonlyMap<string, boolean>,
  directives: readonly DirectiveNode[],
): ReadonlyMap<string, boolean> | null {
  const all = new Map(known);
  for (const directive of directives) {
    const value = directive.arguments?.find(({ name }) => name.value === 'if')?.value;
    const name = directive.name.value;
    if ((name !== 'skip' && name !== 'include') || value?.kind !== Kind.VARIABLE) continue;
    const wanted = name === 'include';
    if ((all.get(value.name.value) ?? wanted) !== wanted) return null;
    all.set(value.name.value, wanted);
  }
  return all;
}
