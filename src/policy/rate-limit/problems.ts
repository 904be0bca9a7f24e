import {
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import { parseRateLimitKey } from '../../config/rate-limit-key.ts';
import type { TiersConfig } from '../../config/tiers.ts';
import { nearest } from '../../shared/nearest.ts';
import { planBucket } from './bucket.ts';
import { type DeclaredLimits, declareLimits, type LimitDeclaration } from './declare.ts';
import { limitedFields } from './limited-fields.ts';

export interface KnownNames {
  /** With all types, hidden ones too. */
  readonly schema: GraphQLSchema;
  readonly subgraphs: readonly string[];
  readonly personas: readonly string[];
}

/**
 * What limits say that cannot be, one sentence each: names that are not there would make a limit that never holds, and
 * nobody would notice.
 */
export function rateLimitProblems(declared: DeclaredLimits, known: KnownNames): readonly string[] {
  return [
    ...problemsOfTiers(declared.tiers),
    ...declareLimits(declared).flatMap(limit => [
      ...problemsOfNames(limit, declared, known),
      ...problemsOfCoordinates(limit, known.schema),
      ...problemsOfNumbers(limit, declared.config.exactLogLimit),
    ]),
  ];
}

function problemsOfTiers(tiers: TiersConfig): readonly string[] {
  const names = Object.keys(tiers);
  if (names.length === 0) return [];
  const defaults = names.filter(name => tiers[name]?.default === true);
  if (defaults.length === 1) return [];
  if (defaults.length === 0)
    return ['tiers: none has default: true, so callers without a tier would have no limit; say which one'];
  return [`tiers: ${defaults.join(' and ')} have default: true; there can be one`];
}

function problemsOfNames(
  { place, for: on }: LimitDeclaration,
  { tiers }: DeclaredLimits,
  { subgraphs, personas }: KnownNames,
): readonly string[] {
  return [
    ...unknown(`${place}.for.personas`, 'persona', { names: on.personas, known: personas }),
    ...unknown(`${place}.for.tiers`, 'tier', { names: on.tiers, known: Object.keys(tiers) }),
    ...unknown(`${place}.for.subgraphs`, 'subgraph', { names: on.subgraphs, known: subgraphs }),
  ];
}

function unknown(
  place: string,
  kind: string,
  {
    names = [],
    known,
  }: { readonly names?: readonly string[] | undefined; readonly known: readonly string[] },
): readonly string[] {
  return names
    .filter(name => !known.includes(name))
    .map(name => `${place}: there is no ${kind} "${name}"; ${hintOf(name, known)}`);
}

function hintOf(name: string, known: readonly string[]): string {
  const suggestion = nearest(name, known);
  if (suggestion !== undefined) return `did you mean "${suggestion}"?`;
  return known.length === 0 ? 'there are none' : `there are ${known.slice(0, 20).join(', ')}`;
}

function problemsOfCoordinates(limit: LimitDeclaration, schema: GraphQLSchema): readonly string[] {
  const { place, for: on, by } = limit;
  const at = place.startsWith('@') ? place : `${place}.for.coordinates`;
  const paths = by
    .map(parseRateLimitKey)
    .flatMap(key => (key.kind === 'arg' ? [{ text: `arg:${key.path.join('.')}`, path: key.path }] : []));
  return (on.coordinates ?? []).flatMap(coordinate => {
    const field = fieldAt(coordinate, schema);
    if (typeof field === 'string') return [`${at}: ${field}`];
    return paths.flatMap(({ text, path }) => {
      const reason = field === null ? problemOnType(path, coordinate, schema) : problemOfPath(path, field);
      return reason === null ? [] : [`${place}: ${text} of ${coordinate}: ${reason}`];
    });
  });
}

/**
 * On a type some of the fields that answer with it have the argument, and the others have none. Where none has it, all
 * callers would share one bucket, which any of them could empty.
 */
function problemOnType(path: readonly string[], typeName: string, schema: GraphQLSchema): string | null {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  if (roots.some(root => root?.name === typeName))
    return 'it stands for operations as a whole, which have no arguments; name the field';
  const answering = [...limitedFields(typeName, schema)];
  const reasons = answering.map(coordinate => {
    const field = fieldAt(coordinate, schema);
    return Array.isArray(field) ? problemOfPath(path, field) : null;
  });
  const [reason] = reasons;
  if (reason === undefined || reason === null || reasons.includes(null)) return null;
  return `no field that answers with it has such an argument; of ${answering[0]}: ${reason}`;
}

type Inputs = readonly { readonly name: string; readonly type: GraphQLInputType }[];

/** The arguments of a field, null for a type, or why it is neither. */
function fieldAt(coordinate: string, schema: GraphQLSchema): Inputs | null | string {
  const [typeName = '', fieldName, ...rest] = coordinate.split('.');
  const types = Object.keys(schema.getTypeMap()).filter(name => !name.includes('__'));
  // Introspection has a bound of its own, and would never count.
  const type = typeName.includes('__') ? undefined : schema.getType(typeName);
  if (type === undefined) return `there is no type "${typeName}"; ${hintOf(typeName, types)}`;
  if (fieldName === undefined) {
    const isLimitable = 'getFields' in type || 'getTypes' in type;
    return isLimitable && !isInputObjectType(type) ? null : `${typeName} is no type of objects`;
  }
  if (rest.length > 0) return `"${coordinate}" is neither Type nor Type.field`;
  const fields = 'getFields' in type && !isInputObjectType(type) ? type.getFields() : {};
  const field = fields[fieldName];
  if (field !== undefined) return field.args;
  return `${typeName} has no field "${fieldName}"; ${hintOf(fieldName, Object.keys(fields))}`;
}

function problemOfPath(path: readonly string[], fields: Inputs): string | null {
  let known = fields;
  for (const [index, name] of path.entries()) {
    const found = known.find(field => field.name === name);
    const names = known.map(field => field.name);
    if (found === undefined) return `there is no "${name}"; ${hintOf(name, names)}`;
    if (index === path.length - 1) return null;
    const { type } = found;
    if (isListType(isNonNullType(type) ? type.ofType : type))
      return `"${name}" is a list, of which no one element can be meant`;
    const named = getNamedType(type);
    known = isInputObjectType(named) ? Object.values(named.getFields()) : [];
  }
  return null;
}

function problemsOfNumbers(
  { id, place, algorithm, limit, window: windowMs, burst }: LimitDeclaration,
  exactLogLimit: number,
): readonly string[] {
  try {
    planBucket({ id, algorithm, limit, windowMs, burst }, exactLogLimit);
    return [];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [`${place}: ${error.message}`];
  }
}
