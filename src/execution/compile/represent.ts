import { isJsonObject, type Json, type JsonObject } from '../../shared/json.ts';
import type { RequiredSelection } from '../plan.ts';
import type { SubtypeCheck } from '../planners/subtypes.ts';
import { quote } from '../project/leaf.ts';

/** Builds representations (`_Any` inputs of `_entities`) from objects of the response of one type. */
export interface Representer {
  /** JSON text of the representation; undefined when the object cannot be identified. */
  represent(object: JsonObject): string | undefined;
  /**
   * Keys, besides `__typename`, whose values as they are make up the representation; null when it takes
   * more than that (nested fields, constants). Objects of one type with equal values are one entity.
   */
  readonly sources: readonly string[] | null;
}

/** Finds the representer for an object by its `__typename`; null when the fetch is not for its type. */
export type FindRepresenter = (object: JsonObject) => Representer | null;

export function compileRepresenters(
  requires: readonly RequiredSelection[],
  isSubtype: SubtypeCheck,
): FindRepresenter {
  const fragments = requires.flatMap(selection =>
    selection.kind === 'types'
      ? [
          {
            condition: selection.typeCondition,
            representer: compileRepresenter(selection.selections, isSubtype),
          },
        ]
      : [],
  );
  const byType = new Map<string, Representer>();
  return object => {
    const typeName = object['__typename'];
    if (typeof typeName !== 'string') return null;
    const known = byType.get(typeName);
    if (known !== undefined) return known;
    const fragment = fragments.find(({ condition }) => isSubtype(typeName, condition));
    // Type names come from subgraphs; only those of the schema are kept.
    if (fragment !== undefined) byType.set(typeName, fragment.representer);
    return fragment?.representer ?? null;
  };
}

type Write = (object: JsonObject) => string | undefined;

function compileRepresenter(selections: readonly RequiredSelection[], isSubtype: SubtypeCheck): Representer {
  const write = compileObject(selections, isSubtype);
  const named = selections.filter(selection => selection.kind !== 'field' || selection.name !== '__typename');
  const sources = selections.flatMap(selection =>
    selection.kind === 'field' && selection.constant === null && selection.selections === null
      ? [selection.source]
      : [],
  );
  const flat = sources.length === selections.length && sources.includes('__typename');
  return {
    represent: object => (named.length > 0 && identifiesNothing(object, named) ? undefined : write(object)),
    sources: flat ? [...new Set(sources)].filter(source => source !== '__typename') : null,
  };
}

/** An entity of which all is null cannot be found; asking could only fail, and take its neighbours down with it. */
function identifiesNothing(object: JsonObject, selections: readonly RequiredSelection[]): boolean {
  return selections.every(selection => {
    if (selection.kind !== 'field' || selection.constant !== null) return false;
    const value = object[selection.source];
    if (value === null || selection.selections === null) return value === null;
    return isJsonObject(value) && identifiesNothing(value, selection.selections);
  });
}

function compileObject(selections: readonly RequiredSelection[], isSubtype: SubtypeCheck): Write {
  const fields = mergeFields(selections).map(selection => compileField(selection, isSubtype));
  return object => {
    let text = '{';
    for (let index = 0; index < fields.length; index++) {
      const field = (fields[index] as Write)(object);
      if (field === undefined) return undefined;
      if (field !== '') text += text.length > 1 ? `,${field}` : field;
    }
    return `${text}}`;
  };
}

/** A planner may name one field twice, as in two keys that share a part. */
function mergeFields(selections: readonly RequiredSelection[]): readonly RequiredSelection[] {
  const names = new Set<string>();
  return selections.filter(selection => {
    if (selection.kind !== 'field' || selection.selections !== null) return true;
    if (names.has(selection.name)) return false;
    names.add(selection.name);
    return true;
  });
}

function compileField(selection: RequiredSelection, isSubtype: SubtypeCheck): Write {
  if (selection.kind === 'types') {
    const inner = compileObject(selection.selections, isSubtype);
    return object => {
      const typeName = object['__typename'];
      if (typeof typeName !== 'string' || !isSubtype(typeName, selection.typeCondition)) return '';
      return inner(object)?.slice(1, -1);
    };
  }
  const { source, constant } = selection;
  const prefix = `${JSON.stringify(selection.name)}:`;
  if (constant !== null) {
    const text = prefix + JSON.stringify(constant);
    return () => text;
  }
  if (selection.selections === null) {
    return object => {
      const value = object[source];
      return value === undefined ? undefined : prefix + writeValue(value);
    };
  }
  const nested = compileObject(selection.selections, isSubtype);
  return object => {
    const text = writeNested(object[source], nested);
    return text === undefined ? undefined : prefix + text;
  };
}

function writeValue(value: Json): string {
  return typeof value === 'string' ? quote(value) : JSON.stringify(value);
}

function writeNested(value: Json | undefined, write: Write): string | undefined {
  if (value === null) return 'null';
  if (!Array.isArray(value)) return typeof value === 'object' ? write(value) : undefined;
  const items = value.map(item => writeNested(item, write));
  return items.includes(undefined) ? undefined : `[${items.join(',')}]`;
}
