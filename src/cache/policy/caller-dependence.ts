import {
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import type { CacheHint } from '../../config/cache.ts';
import type { Guard, GuardOf } from '../../policy/authorize/guards.ts';
import type { Hints } from './hints.ts';

/** A field that is kept for everybody, though what it answers may depend on who asks. */
export interface CallerDependence {
  readonly coordinate: string;
  readonly reason: string;
}

export interface CallerFacts {
  /** The whole supergraph. */
  readonly schema: GraphQLSchema;
  readonly hints: Hints;
  /** What the configuration says of elements; PUBLIC there is an answer to what is told here. */
  readonly written: Hints;
  readonly defaultMaxAgeMs: number;
  readonly guardOf: GuardOf;
  /** Coordinate → the subgraphs that resolve the field. */
  readonly owners: ReadonlyMap<string, readonly string[]>;
  /** Subgraphs that are told who asks, or get headers of the client's. */
  readonly told: ReadonlySet<string>;
}

type Parent = GraphQLObjectType | GraphQLInterfaceType;
type Field = GraphQLField<unknown, unknown>;

/**
 * Fields that are PUBLIC and should be looked at: guarded ones where PUBLIC is written, as they are private where nothing
 * is said; and those of a subgraph that is told who asks. Who writes a subgraph need not know what it is told, so that only
 * the configuration of the gateway has the last word.
 */
export function callerDependences(facts: CallerFacts): readonly CallerDependence[] {
  const { schema } = facts;
  const rootsOfWrites = [schema.getMutationType(), schema.getSubscriptionType()];
  return Object.values(schema.getTypeMap()).flatMap(type => {
    if (!isObjectType(type) && !isInterfaceType(type)) return [];
    if (type.name.startsWith('__') || rootsOfWrites.some(root => root === type)) return [];
    return Object.values(type.getFields()).flatMap(field => {
      const reason = reasonFor(type, field, facts);
      return reason === null ? [] : [{ coordinate: `${type.name}.${field.name}`, reason }];
    });
  });
}

function reasonFor(parent: Parent, field: Field, facts: CallerFacts): string | null {
  const own = facts.hints.get(`${parent.name}.${field.name}`) ?? {};
  const ofType = facts.hints.get(getNamedType(field.type).name) ?? {};
  const scope = own.scope ?? ofType.scope;
  const maxAge = own.maxAge ?? ofType.maxAge ?? defaultOf(parent, field, { facts, own, ofType });
  if (scope === 'PRIVATE' || maxAge === 0 || isPrivateByMembers(field, own, facts)) return null;
  const coordinate = `${parent.name}.${field.name}`;
  const element =
    own.scope === undefined && ofType.scope !== undefined ? getNamedType(field.type).name : coordinate;
  if (scope === 'PUBLIC' && facts.written.get(element)?.scope === 'PUBLIC') return null;
  const advice = `say scope: PRIVATE if answers differ, cache.fields.${element}.scope: PUBLIC in the configuration if not`;
  const guard = facts.guardOf(parent.name, field.name);
  if (guard !== null) return scope === undefined ? null : `is PUBLIC, but ${describe(guard)} it; ${advice}`;
  // Time that is not said may be that of a field above, and so may be that it is kept at all.
  if (scope === undefined && maxAge === undefined) return null;
  if (facts.hints.get(parent.name)?.scope === 'PRIVATE') return null;
  const owners = facts.owners.get(coordinate) ?? [];
  const told = owners.filter(name => facts.told.has(name));
  if (told.length === 0) return null;
  const asked = `${told.join(' and ')} ${told.length === 1 ? 'is' : 'are'} told who asks`;
  return `is kept for everybody, but ${asked}; ${advice}`;
}

function defaultOf(
  parent: Parent,
  field: Field,
  {
    facts,
    own,
    ofType,
  }: { readonly facts: CallerFacts; readonly own: CacheHint; readonly ofType: CacheHint },
): number | undefined {
  const inherits =
    own.inheritMaxAge === true || ofType.inheritMaxAge === true || !isCompositeType(getNamedType(field.type));
  return inherits && parent !== facts.schema.getQueryType() ? undefined : facts.defaultMaxAgeMs;
}

function isPrivateByMembers(field: Field, own: CacheHint, { schema, hints }: CallerFacts): boolean {
  const type = getNamedType(field.type);
  if (own.scope !== undefined || !isAbstractType(type)) return false;
  return schema.getPossibleTypes(type).some(({ name }) => hints.get(name)?.scope === 'PRIVATE');
}

function describe({ requirements, rules }: Guard): string {
  const names = [
    ...(requirements.some(({ authenticated }) => authenticated) ? ['@authenticated'] : []),
    ...(requirements.some(({ scopes }) => scopes.length > 0) ? ['@requiresScopes'] : []),
    ...(requirements.some(({ policies }) => policies.length > 0) ? ['@policy'] : []),
    ...(rules.size > 0 ? ['an authorization rule'] : []),
  ];
  return `${names.join(' and ')} ${names.length === 1 ? 'guards' : 'guard'}`;
}
