import { type GraphQLLeafType, isEnumType } from 'graphql';
import type { Json } from '../../shared/json.ts';

export type FitsLeaf = (value: Json) => boolean;

const MAX_INT = 2_147_483_647;
const MIN_INT = -2_147_483_648;

/** Whether the engine could write a value as one of a leaf type (GraphQL spec 3.5): a scalar of the schema's own may be anything. */
export function compileFitsLeaf(type: GraphQLLeafType): FitsLeaf {
  if (!isEnumType(type)) return BUILT_IN.get(type.name) ?? ANYTHING;
  // Asked of the type: a set for each field that has it would be most of what a plan takes up.
  return value => typeof value === 'string' && type.getValue(value) !== undefined;
}

const ANYTHING: FitsLeaf = () => true;

const BUILT_IN: ReadonlyMap<string, FitsLeaf> = new Map<string, FitsLeaf>([
  ['String', value => typeof value === 'string'],
  ['ID', value => typeof value === 'string' || Number.isInteger(value)],
  ['Int', value => Number.isInteger(value) && (value as number) <= MAX_INT && (value as number) >= MIN_INT],
  ['Float', value => typeof value === 'number' && Number.isFinite(value)],
  ['Boolean', value => typeof value === 'boolean'],
]);
