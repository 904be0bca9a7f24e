import type { SelectionSetNode } from 'graphql';
import type { Json, JsonObject } from '../../shared/json.ts';
import { padded } from '../../shared/padded.ts';
import type { FetchPlan } from '../plan.ts';
import type { SubtypeCheck } from '../planners/subtypes.ts';
import { type FetchedField, type FetchedFields, fieldsOf } from './fetched-fields.ts';
import {
  type Brought,
  findMergePlaces,
  keysAfter,
  type MergePlace,
  type Renamed,
  renamesOf,
} from './merge-places.ts';

/**
 * Takes from what a subgraph has sent what it was not asked for, in place, wherever another subgraph is asked for
 * something: it could stand for what that one has, or in the key by which that one is asked.
 * @param typeName of the object that the value is for; undefined: the value's own
 */
export type DropUnasked = (value: JsonObject, typeName?: Json) => void;

/** Null: nothing that could be sent too much is ever read. */
export type FindDropUnasked = (fetch: FetchPlan, brought: Brought) => DropUnasked | null;

/**
 * Compiles what may arrive with each fetch of a plan. As code, since objects of answers that have what they should are told by
 * it in a nanosecond, and by a loop over the same keys in thirty. Where one subgraph alone is asked there is nothing to do.
 */
export function compileUnaskedKeys(
  fields: ReadonlyMap<FetchPlan, FetchedFields>,
  isSubtype: SubtypeCheck,
): FindDropUnasked {
  const isShared = new Set([...fields.keys()].map(({ subgraph }) => subgraph)).size > 1;
  const places = isShared ? findMergePlaces(fields) : null;
  const source = new Source(isSubtype);
  const entries = new Map<Brought | FetchPlan, string>();
  for (const [fetch, { setOf, fragments }] of fields) {
    const isRoot = fetch.target.kind === 'root';
    const all: readonly Brought[] = fetch.target.kind === 'root' ? [null] : fetch.target.groups;
    for (const brought of all) {
      const set = setOf(brought?.alias ?? null);
      if (set === undefined) continue;
      const renames = renamesOf(fetch, brought);
      const asked = { subgraph: fetch.subgraph, fragments, isRoot };
      const entry = source.object({ asked, sets: [set], place: places?.of(fetch, brought) ?? null, renames });
      if (entry !== null) entries.set(brought ?? fetch, entry);
    }
  }
  const compiled = source.build([...entries.values()]);
  const found = new Map([...entries.keys()].map((key, index) => [key, compiled[index] ?? null]));
  return (fetch, brought) => found.get(brought ?? fetch) ?? null;
}

interface Asked {
  readonly subgraph: string;
  readonly fragments: FetchedFields['fragments'];
  /** Whether they are root fields: what is not asked for among these may be anybody's, the schema's own too. */
  readonly isRoot: boolean;
}

/** What is asked for of the objects at a place. */
interface Selection {
  readonly asked: Asked;
  readonly sets: readonly SelectionSetNode[];
  readonly place: MergePlace | null;
  readonly renames: readonly Renamed[];
}

interface SelectedKey {
  readonly selections: FetchedField[];
  readonly below: readonly Renamed[];
}

/** Types below types multiply: past this, what is said of one is said of all that are named beside it. */
const MOST_VISITS = 10_000;

/** Lists within lists that are looked into: no type of a schema has more, so that what is deeper is never read. */
const MOST_LISTS = 16;

const PRELUDE = `const { keySets, conditions, isSubtype } = env;
function keepOnly(o, keys) { for (const key in o) if (!keys.has(key)) delete o[key]; }
function drop(o, keys) { for (const key of keys) delete o[key]; }
function holds(any, type) {
  if (typeof type !== "string") return true;
  for (const all of any) if (all.every(name => isSubtype(type, name) || isSubtype(name, type))) return true;
  return false;
}
function each(list, visit, level) {
  if (level > ${MOST_LISTS}) return;
  for (let i = 0; i < list.length; i++) {
    const o = list[i];
    if (Array.isArray(o)) each(o, visit, level + 1);
    else if (typeof o === "object" && o !== null) visit(o);
  }
}`;

/** Names in it are GraphQL names or JSON strings, so that no document can inject code. */
class Source {
  readonly #functions: string[] = [];
  readonly #keySets: ReadonlySet<string>[] = [];
  readonly #conditions: (readonly (readonly string[])[])[] = [];
  readonly #isSubtype: SubtypeCheck;
  #visits = 0;

  constructor(isSubtype: SubtypeCheck) {
    this.#isSubtype = isSubtype;
  }

  /** Name of the function that looks at objects of a selection; null: nothing could be wrong with them. */
  object({ asked, sets, place, renames }: Selection): string | null {
    if (place === null && !asked.isRoot) return null;
    this.#visits += sets.length;
    const selected = selectedKeys(sets, asked.fragments, renames);
    const statements = [
      ...(asked.isRoot ? [this.#keepOnly(selected)] : this.#dropForeign(asked.subgraph, place, selected)),
      ...[...selected].flatMap(([key, { selections, below }]) => {
        const at = { asked: { ...asked, isRoot: false }, place: place?.below(key) ?? null, renames: below };
        return this.#lookBelow(key, selections, at);
      }),
    ];
    if (statements.length === 0) return null;
    const name = `heed${this.#functions.length}`;
    this.#functions.push(
      `function ${name}(o, known) {\n  const t = known === undefined ? o.__typename : known;\n  let v;\n  ${statements.join('\n  ')}\n}`,
    );
    return name;
  }

  build(entries: readonly string[]): readonly DropUnasked[] {
    if (entries.length === 0) return [];
    const text = `"use strict";\n${PRELUDE}\n${this.#functions.join('\n')}\nreturn [${entries.join(', ')}];`;
    const environment = { keySets: this.#keySets, conditions: this.#conditions, isSubtype: this.#isSubtype };
    return new Function('env', padded(text))(environment) as readonly DropUnasked[];
  }

  #keepOnly(selected: ReadonlyMap<string, SelectedKey>): string {
    return `keepOnly(o, keySets[${this.#keySets.push(new Set(selected.keys())) - 1}]);`;
  }

  #dropForeign(
    subgraph: string,
    place: MergePlace | null,
    selected: ReadonlyMap<string, SelectedKey>,
  ): readonly string[] {
    const others = [...(place?.subgraphsOf ?? [])].flatMap(([key, subgraphs]) =>
      subgraphs.size > 1 || !subgraphs.has(subgraph) ? [key] : [],
    );
    if (others.length === 0) return [];
    const foreign = [...new Set([...others, '__typename'])].filter(key => !selected.has(key));
    const test = foreign.map(key => `o.${key} !== undefined`).join(' || ');
    return [
      ...(foreign.length === 0
        ? []
        : [`if (${test}) drop(o, keySets[${this.#keySets.push(new Set(foreign)) - 1}]);`]),
      ...others.flatMap(key => this.#dropOfOtherTypes(key, conditionsOf(selected.get(key)))),
    ];
  }

  /** Below an object there may be other things to say for each type that is named; for the rest, all of them together. */
  #lookBelow(
    key: string,
    selections: readonly FetchedField[],
    at: Omit<Selection, 'sets'>,
  ): readonly string[] {
    const usual = lookInto(key, this.#visitOf(selections, at));
    if (new Set(selections.map(({ conditions }) => conditions.join())).size === 1) return usual;
    const names = new Set(selections.flatMap(({ conditions }) => conditions.slice(-1)));
    const looks = [...names].flatMap(name => {
      if (this.#visits > MOST_VISITS) return [];
      const ofType = selections.filter(({ conditions }) => conditions.every(one => this.#overlap(name, one)));
      return [{ name, look: lookInto(key, this.#visitOf(ofType, at)) }];
    });
    if (usual.length === 0 && looks.every(({ look }) => look.length === 0)) return [];
    const cases = looks.map(({ name, look }) => `case ${JSON.stringify(name)}: ${look.join('')} break;`);
    return [`switch (t) { ${cases.join(' ')} default: ${usual.join('')} }`];
  }

  #visitOf(selections: readonly FetchedField[], at: Omit<Selection, 'sets'>): string | null {
    const sets = [...new Set(selections.flatMap(({ set }) => set ?? []))];
    return sets.length === 0 ? null : this.object({ ...at, sets });
  }

  #overlap(name: string, other: string): boolean {
    return this.#isSubtype(name, other) || this.#isSubtype(other, name);
  }

  /** What is selected for some types only is not to be given to the others, for which it may come from elsewhere. */
  #dropOfOtherTypes(key: string, conditions: readonly (readonly string[])[]): readonly string[] {
    if (key === '__typename' || conditions.length === 0 || conditions.some(all => all.length === 0))
      return [];
    const usual = JSON.stringify(conditions[0]?.at(-1));
    const any = `conditions[${this.#conditions.push(conditions) - 1}]`;
    return [`if (o.${key} !== undefined && t !== ${usual} && !holds(${any}, t)) delete o.${key};`];
  }
}

/** @param visit null: nothing could be wrong there */
function lookInto(key: string, visit: string | null): readonly string[] {
  if (visit === null) return [];
  const isObject = `typeof (v = o.${key}) === "object" && v !== null`;
  return [`if (${isObject}) { if (Array.isArray(v)) each(v, ${visit}, 1); else ${visit}(v); }`];
}

function selectedKeys(
  sets: readonly SelectionSetNode[],
  fragments: FetchedFields['fragments'],
  renames: readonly Renamed[],
): ReadonlyMap<string, SelectedKey> {
  const selected = new Map<string, SelectedKey>();
  for (const set of sets)
    for (const field of fieldsOf(set, fragments)) {
      const after = keysAfter(field.key, renames);
      for (const name of after.keys) {
        const known = selected.get(name) ?? { selections: [], below: after.below };
        selected.set(name, known);
        known.selections.push(field);
      }
    }
  return selected;
}

/** Of each selection of a key: those of one must hold whole. */
function conditionsOf(key: SelectedKey | undefined): readonly (readonly string[])[] {
  return key?.selections.map(({ conditions }) => conditions) ?? [];
}
