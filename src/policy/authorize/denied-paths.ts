import { type DirectiveNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';
import type { BoundOperation } from '../../http/bound-operation.ts';
import { responseKeyOf } from '../../shared/response-key-of.ts';

/** Paths told of one refusal. */
const MAX_PATHS = 20;

/** Selections looked at: fragments can spread into more than anybody has time for. */
const MAX_STEPS = 10_000;

/**
 * Where an operation selects what is denied, in the client's response keys and with this request's variables:
 * a field that a condition leaves out is not asked for.
 */
export function deniedPaths({
  document,
  definition,
  denial,
  variables,
}: BoundOperation): readonly string[][] {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const part of document.definitions)
    if (part.kind === Kind.FRAGMENT_DEFINITION) fragments.set(part.name.value, part);
  const paths = new Map<string, string[]>();
  const add = (path: string[]): void => void paths.set(JSON.stringify(path), path);
  let steps = 0;
  const visit = ({ selections }: SelectionSetNode, path: readonly string[]): void => {
    for (const selection of selections) {
      if (paths.size >= MAX_PATHS || ++steps > MAX_STEPS) return;
      if (!isIncluded(selection.directives ?? [], variables)) continue;
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(selection.name.value);
        if (fragment !== undefined) visit(fragment.selectionSet, path);
        continue;
      }
      const below = selection.kind === Kind.FIELD ? [...path, responseKeyOf(selection)] : path;
      const lost = selection.kind === Kind.FIELD ? denial?.removed.get(selection) : undefined;
      if (lost !== undefined) for (const field of lost) add([...below, ...field.path]);
      else if (selection.selectionSet !== undefined) visit(selection.selectionSet, below);
    }
  };
  visit(definition.selectionSet, []);
  return [...paths.values()];
}

function isIncluded(
  directives: readonly DirectiveNode[],
  variables: Readonly<Record<string, unknown>>,
): boolean {
  return directives.every(({ name, arguments: given }) => {
    if (name.value !== 'skip' && name.value !== 'include') return true;
    const value = given?.find(argument => argument.name.value === 'if')?.value;
    const holds =
      value?.kind === Kind.BOOLEAN
        ? value.value
        : value?.kind === Kind.VARIABLE && variables[value.name.value] === true;
    return holds === (name.value === 'include');
  });
}
