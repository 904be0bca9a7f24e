import { type InlineFragmentNode, Kind, print, type SelectionNode, type SelectionSetNode } from 'graphql';
import type { RequiredSelection } from '../../plan.ts';
import type { EntityQuery } from './entity-queries.ts';
import type { JoinFacts } from './join-facts.ts';

/** A field of an entity query with what stands around it and what it needs. */
interface Asked {
  readonly field: SelectionNode;
  readonly around: readonly InlineFragmentNode[];
  readonly typeName: string | null;
  readonly requires: SelectionSetNode | null;
}

/**
 * Planners ask fields that need different `@requires` in one go, with one representation that has everything.
 * When a condition leaves one such field out, what it requires is not fetched, the representation cannot be
 * built, and the other fields stay null. So where there are conditions, or where needs exclude each other,
 * fields with the same needs get a group of their own, whose representations have those and no more. Whether
 * a field is conditional cannot be told from the fetch: planners leave conditions out that hold further up.
 */
export function separateRequirements(
  query: EntityQuery,
  subgraph: string,
  { facts, isConditional }: { readonly facts: JoinFacts; readonly isConditional: boolean },
): EntityQuery[] {
  const asked = [...fieldsOf(query.selectionSet, { subgraph, facts })];
  const parts = new Map<string, Asked[]>();
  for (const field of asked) {
    const needs = field.requires === null ? '' : print(field.requires);
    parts.set(needs, [...(parts.get(needs) ?? []), field]);
  }
  if (parts.size < 2 || !(isConditional || excludeEachOther(query.group.requires))) return [query];
  const removable = new Set(asked.flatMap(({ requires }) => [...namesIn(requires)]));
  for (const { typeName } of asked) {
    if (typeName !== null) for (const name of facts.keyFieldsOf(subgraph, typeName)) removable.delete(name);
  }
  return [...parts.values()].map(fields => {
    const needed = fields[0]?.requires ?? null;
    return {
      ...query,
      selectionSet: selectionSetOf(fields.map(wrapped)),
      group: { ...query.group, requires: query.group.requires.flatMap(keepOnly(needed, removable)) },
    };
  });
}

function* fieldsOf(
  set: SelectionSetNode,
  at: { readonly subgraph: string; readonly facts: JoinFacts },
  around: readonly InlineFragmentNode[] = [],
): Generator<Asked> {
  for (const selection of set.selections) {
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      yield* fieldsOf(selection.selectionSet, at, [...around, selection]);
      continue;
    }
    const typeName = around.findLast(({ typeCondition }) => typeCondition)?.typeCondition?.name.value ?? null;
    const requires =
      typeName === null ? null : at.facts.requiresOf(at.subgraph, typeName, selection.name.value);
    yield { field: selection, around, typeName, requires };
  }
}

function wrapped({ field, around }: Asked): SelectionNode {
  return around.reduceRight<SelectionNode>(
    (inner, fragment) => ({ ...fragment, selectionSet: selectionSetOf([inner]) }),
    field,
  );
}

/** Whether two values would go by one name: a field that is required with different arguments. */
function excludeEachOther(requires: readonly RequiredSelection[]): boolean {
  const sources = new Map<string, string>();
  return requires.some(selection => {
    if (selection.selections !== null && excludeEachOther(selection.selections)) return true;
    if (selection.kind === 'types') return false;
    const first = sources.get(selection.name) ?? selection.source;
    sources.set(selection.name, first);
    return first !== selection.source;
  });
}

/** Leaves of a representation what is part of a key, and of what fields require only what is `needed`. */
function keepOnly(
  needed: SelectionSetNode | null,
  removable: ReadonlySet<string>,
): (selection: RequiredSelection) => RequiredSelection[] {
  return selection => {
    if (selection.kind === 'types')
      return [{ ...selection, selections: selection.selections.flatMap(keepOnly(needed, removable)) }];
    if (!removable.has(selection.source) && !removable.has(selection.name)) return [selection];
    const found = flat(needed).filter(({ name }) => name.value === selection.source);
    // A source that is required itself, by whichever field, stands for nothing else; a planner's alias does.
    const plain = removable.has(selection.source)
      ? found
      : flat(needed).filter(({ name }) => name.value === selection.name);
    if (plain.length === 0) return [];
    if (selection.selections === null) return [selection];
    const inner = selectionSetOf(plain.flatMap(field => field.selectionSet?.selections ?? []));
    return [{ ...selection, selections: selection.selections.flatMap(within(inner)) }];
  };
}

/** Below a required field there are no keys: all that is not needed goes. */
function within(needed: SelectionSetNode): (selection: RequiredSelection) => RequiredSelection[] {
  const names = new Set(['__typename', ...namesIn(needed)]);
  return selection => {
    if (selection.kind === 'types')
      return [{ ...selection, selections: selection.selections.flatMap(within(needed)) }];
    if (!names.has(selection.source) && !names.has(selection.name)) return [];
    if (selection.selections === null) return [selection];
    const fields = flat(needed).filter(
      ({ name }) => name.value === selection.source || name.value === selection.name,
    );
    const inner = selectionSetOf(fields.flatMap(field => field.selectionSet?.selections ?? []));
    const selections = selection.selections.flatMap(within(inner));
    return [{ ...selection, selections }];
  };
}

function flat(set: SelectionSetNode | null): Extract<SelectionNode, { kind: Kind.FIELD }>[] {
  return (set?.selections ?? []).flatMap(selection => {
    if (selection.kind === Kind.FIELD) return [selection];
    return selection.kind === Kind.INLINE_FRAGMENT ? flat(selection.selectionSet) : [];
  });
}

function namesIn(set: SelectionSetNode | null): string[] {
  return flat(set).map(({ name }) => name.value);
}

function selectionSetOf(selections: readonly SelectionNode[]): SelectionSetNode {
  return { kind: Kind.SELECTION_SET, selections };
}
