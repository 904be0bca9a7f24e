import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  parse,
  print,
  type SelectionSetNode,
} from 'graphql';
import { responseKeyOf } from '../../shared/response-key-of.ts';
import type { FetchPlan } from '../plan.ts';

/**
 * What a fetch's operation asks for, while its plan is compiled. Nothing that is compiled may hold on to it: a parsed
 * operation takes several times the memory of all that is made of it.
 */
export interface FetchedFields {
  /** The operation, parsed. */
  readonly document: DocumentNode;
  /** Response keys of the root fields (root fetch), or of the entities' fields by group alias. */
  keysOf(alias: string | null): readonly string[];
  /** The selections of the root, or of the entities of a group. */
  setOf(alias: string | null): SelectionSetNode | undefined;
  /** Field name by response key, of what {@link keysOf} lists. */
  namesOf(alias: string | null): ReadonlyMap<string, string>;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
}

/** One selection of a field. */
export interface FetchedField {
  readonly key: string;
  readonly name: string;
  /** Types that an object must all be of for it to count. */
  readonly conditions: readonly string[];
  readonly set: SelectionSetNode | undefined;
}

/** Reads a fetch's operation once, when the plan is compiled. */
export function readFetchedFields(fetch: FetchPlan): FetchedFields {
  const document = parse(fetch.operation, { noLocation: true });
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const operation = document.definitions.find(definition => definition.kind === Kind.OPERATION_DEFINITION);
  const roots = operation === undefined ? [] : [...fieldsOf(operation.selectionSet, fragments)];
  const setOf = (alias: string | null): SelectionSetNode | undefined =>
    alias === null ? operation?.selectionSet : roots.find(({ key }) => key === alias)?.set;
  const namesOf = (alias: string | null): ReadonlyMap<string, string> => {
    const set = setOf(alias);
    const all = set === undefined ? [] : [...fieldsOf(set, fragments)];
    return new Map(all.map(({ key, name }) => [key, name]));
  };
  return {
    document,
    fragments,
    setOf,
    namesOf,
    keysOf(alias) {
      const keys = [...namesOf(alias).keys()];
      return alias === null ? keys : keys.filter(key => key !== '__typename');
    },
  };
}

/** The fields of a selection set, those of its fragments among them. */
export function* fieldsOf(
  { selections }: SelectionSetNode,
  fragments: FetchedFields['fragments'],
  conditions: readonly string[] = [],
): Generator<FetchedField> {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      const { name, selectionSet: set } = selection;
      yield { key: responseKeyOf(selection), name: name.value, conditions, set };
      continue;
    }
    const fragment =
      selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
    if (fragment === undefined) continue;
    const condition = fragment.typeCondition?.name.value;
    const all = condition === undefined ? conditions : [...conditions, condition];
    yield* fieldsOf(fragment.selectionSet, fragments, all);
  }
}

/** Every response key of an operation with the fields it stands for: `name(arguments)`. */
function meaningsOf({ definitions }: DocumentNode): ReadonlyMap<string, ReadonlySet<string>> {
  const meanings = new Map<string, Set<string>>();
  for (const definition of definitions)
    if ('selectionSet' in definition) collectMeanings(definition.selectionSet, meanings);
  return meanings;
}

function collectMeanings(set: SelectionSetNode, meanings: Map<string, Set<string>>): void {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      const key = responseKeyOf(selection);
      const meaning = `${selection.name.value}(${(selection.arguments ?? []).map(print).sort().join(',')})`;
      meanings.set(key, (meanings.get(key) ?? new Set()).add(meaning));
    }
    if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet !== undefined) {
      collectMeanings(selection.selectionSet, meanings);
    }
  }
}

/**
 * Whether each response key means one field with one set of arguments in all fetches of a plan, not counting
 * their roots. Then an entity's object can be shared by every place it belongs to; if a planner's own aliases
 * break the rule, places get objects of their own.
 */
export function keysAreUnambiguous(fetches: readonly FetchedFields[]): boolean {
  const meanings = new Map<string, string>();
  for (const { document } of fetches) {
    for (const [key, ofKey] of meaningsOf(document)) {
      for (const meaning of ofKey) {
        if (meaning.startsWith('_entities(')) continue;
        if ((meanings.get(key) ?? meaning) !== meaning) return false;
        meanings.set(key, meaning);
      }
    }
  }
  return true;
}
