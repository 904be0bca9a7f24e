import type { RequiredSelection } from '../../plan.ts';
import type { SubtypeCheck } from '../subtypes.ts';

/** A change the planner wants in representations before they are sent. */
export type InputRewrite = { readonly typeNames: readonly string[]; readonly keys: readonly string[] } & (
  | { readonly kind: 'set'; readonly value: string }
  | { readonly kind: 'rename'; readonly to: string }
);

/**
 * Works input rewrites into the required selections when the plan is translated, so that building a
 * representation costs nothing extra. A setter gives an interface object its interface's name; a renamer
 * gives a value that was fetched under an alias the name its subgraph knows.
 */
export function applyInputRewrites(
  selections: readonly RequiredSelection[],
  rewrites: readonly InputRewrite[],
  isSubtype: SubtypeCheck,
): readonly RequiredSelection[] {
  return rewrites.reduce(
    (result, rewrite) => result.flatMap(selection => rewriteSelection(selection, rewrite, isSubtype)),
    selections,
  );
}

function rewriteSelection(
  selection: RequiredSelection,
  rewrite: InputRewrite,
  isSubtype: SubtypeCheck,
): RequiredSelection[] {
  if (selection.kind === 'field') return [rewriteField(selection, rewrite)];
  const changed = { ...selection, selections: rewriteFields(selection.selections, rewrite) };
  const condition = rewrite.typeNames[0];
  if (condition === undefined || isSubtype(selection.typeCondition, condition)) return [changed];
  if (!isSubtype(condition, selection.typeCondition)) return [selection];
  // The rewrite is for some of the fragment's types: they come first, as the first fragment that fits is used.
  return [{ ...changed, typeCondition: condition }, selection];
}

function rewriteFields(
  selections: readonly RequiredSelection[],
  rewrite: InputRewrite,
): readonly RequiredSelection[] {
  return selections.map(selection =>
    selection.kind === 'field' ? rewriteField(selection, rewrite) : selection,
  );
}

function rewriteField(
  field: Extract<RequiredSelection, { kind: 'field' }>,
  rewrite: InputRewrite,
): RequiredSelection {
  const [key, ...deeper] = rewrite.keys;
  if (field.name !== key) return field;
  if (deeper.length > 0) {
    if (field.selections === null) return field;
    return { ...field, selections: rewriteFields(field.selections, { ...rewrite, keys: deeper }) };
  }
  return rewrite.kind === 'set' ? { ...field, constant: rewrite.value } : { ...field, name: rewrite.to };
}
