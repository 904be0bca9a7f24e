import { type GraphQLType, isCompositeType, isEnumType, isListType, isNonNullType } from 'graphql';
import { isJsonObject, type Json } from '../../shared/json.ts';

export type FitsType = (value: Json) => boolean;

/**
 * Whether a value may be what a subgraph answers for a field of a type, as far as one can tell without going below it.
 * Null is never told apart: where it is none the answer has an error that says why.
 */
export function compileFitsType(type: GraphQLType): FitsType {
  if (isNonNullType(type)) return compileFitsType(type.ofType);
  if (isListType(type)) {
    const fits = compileFitsType(type.ofType);
    return value => value === null || (Array.isArray(value) && value.every(fits));
  }
  if (isCompositeType(type)) return value => value === null || isJsonObject(value);
  const kinds = isEnumType(type) ? STRINGS : BUILT_IN.get(type.toString());
  // A scalar of the schema's own may be anything.
  return kinds === undefined ? () => true : value => value === null || kinds.has(typeof value);
}

const STRINGS: ReadonlySet<string> = new Set(['string']);
const NUMBERS: ReadonlySet<string> = new Set(['number']);
const BUILT_IN: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['String', STRINGS],
  ['ID', new Set(['string', 'number'])],
  ['Int', NUMBERS],
  ['Float', NUMBERS],
  ['Boolean', new Set(['boolean'])],
]);
