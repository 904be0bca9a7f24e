import {
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
} from 'graphql';
import type { CacheHint } from '../../config/cache.ts';
import type { Hints } from './hints.ts';
import { type Restriction, restrict, restrictionOf, UNRESTRICTED } from './restriction.ts';

/** Whether authorization asks something of the caller of a field, as selected on a type. */
export type IsGuarded = (typeName: string, fieldName: string) => boolean;

export interface FieldRules {
  /** What operations are validated against. */
  readonly schema: GraphQLSchema;
  readonly hints: Hints;
  readonly defaultMaxAgeMs: number;
  /** Field → the fields whose values reach it; see AccessTable.requires. */
  readonly requires: ReadonlyMap<string, readonly string[]>;
  readonly isGuarded: IsGuarded;
  /** With what operations cannot select: fields may be computed from it. */
  readonly supergraphSchema: GraphQLSchema;
}

export type Field = GraphQLField<unknown, unknown>;

/** What a field says as selected on a type. Worked out once for each; make one function for a schema and its rules. */
export type RestrictionAt = (parent: GraphQLObjectType | GraphQLInterfaceType, field: Field) => Restriction;

/**
 * The rules of Apollo Server's cache control plugin for a field of an object type, with the hints that are known
 * before an operation runs. Stricter than it in what only the running would show: where a value is of an abstract
 * type, everything that it may be counts. And in two things that it knows nothing of: a guarded field of which nobody
 * says its scope is private, and a field that says nothing itself says what those say that it is computed from.
 */
export function createRestrictions(rules: FieldRules): RestrictionAt {
  const known = new Map<string, Restriction>();
  return (parent, field) => {
    const coordinate = `${parent.name}.${field.name}`;
    const found = known.get(coordinate) ?? Object.freeze(worked(parent, field, rules));
    known.set(coordinate, found);
    return found;
  };
}

/** What an entity's type says of it, whoever asks for it. A type that inherits has nothing above it here. */
export function restrictionOfEntity(type: GraphQLObjectType, rules: FieldRules): Restriction {
  const hint = hintOf(type.name, rules);
  return restrictionOf({ ...hint, maxAge: hint.maxAge ?? rules.defaultMaxAgeMs });
}

function worked(
  parent: GraphQLObjectType | GraphQLInterfaceType,
  field: Field,
  rules: FieldRules,
): Restriction {
  if (!isInterfaceType(parent)) return ofObject(parent, field, rules);
  let all = restrictionOf(hintOf(`${parent.name}.${field.name}`, rules));
  for (const member of rules.schema.getPossibleTypes(parent)) {
    const same = member.getFields()[field.name];
    if (same !== undefined) all = restrict(all, ofObject(member, same, rules));
  }
  return { ...all, isPrivate: all.isPrivate || isPrivateByGuard(parent, field, rules) };
}

function ofObject(parent: GraphQLObjectType, field: Field, rules: FieldRules): Restriction {
  const target = getNamedType(field.type);
  const own = hintOf(`${parent.name}.${field.name}`, rules);
  const ofType = isCompositeType(target) ? hintOf(target.name, rules) : {};
  const said = sayTogether(ofType, own);
  const maxAge = said.maxAge ?? defaultOf(parent, { own, ofType, target }, rules);
  let all = restrictionOf({ ...said, maxAge });
  if (isAbstractType(target)) {
    for (const member of rules.schema.getPossibleTypes(target))
      all = restrict(all, unlessSaid(own, hintOf(member.name, rules)));
  }
  for (const required of rules.requires.get(`${parent.name}.${field.name}`) ?? [])
    for (const hint of hintsBehind(required, rules)) all = restrict(all, unlessSaid(own, hint));
  return { ...all, isPrivate: all.isPrivate || isPrivateByGuard(parent, field, rules) };
}

/** Fields of the root, and fields of objects that do not inherit, have the default; all others what is above them. */
function defaultOf(
  parent: GraphQLObjectType,
  {
    own,
    ofType,
    target,
  }: { readonly own: CacheHint; readonly ofType: CacheHint; readonly target: GraphQLNamedType },
  { schema, defaultMaxAgeMs }: FieldRules,
): number | undefined {
  const inherits = own.inheritMaxAge === true || ofType.inheritMaxAge === true || !isCompositeType(target);
  return inherits && parent !== schema.getQueryType() ? undefined : defaultMaxAgeMs;
}

/** A field's own words are about whatever it may answer with. */
function unlessSaid(own: CacheHint, hint: CacheHint): Restriction {
  const { isPrivate, ...times } = restrictionOf(hint);
  return {
    ...(own.maxAge === undefined ? times : UNRESTRICTED),
    isPrivate: own.scope === undefined && isPrivate,
  };
}

/** What is said of a field that another is computed from, of what it answers with, and of it on every implementation. */
function* hintsBehind(coordinate: string, rules: FieldRules): Generator<CacheHint> {
  const [typeName = '', fieldName = ''] = coordinate.split('.');
  const type = rules.supergraphSchema.getType(typeName);
  const types = isAbstractType(type) ? [type, ...rules.supergraphSchema.getPossibleTypes(type)] : [type];
  for (const each of types) {
    if (each === undefined || !('getFields' in each)) continue;
    const field = each.getFields()[fieldName];
    if (field === undefined) continue;
    const own = hintOf(`${each.name}.${fieldName}`, rules);
    yield sayTogether(hintOf(getNamedType(field.type).name, rules), own);
  }
}

/** A field says what it says itself, and what the type says that it answers with. */
function sayTogether(ofType: CacheHint, own: CacheHint): CacheHint {
  return {
    maxAge: own.maxAge ?? ofType.maxAge,
    scope: own.scope ?? ofType.scope,
    staleWhileRevalidate: own.staleWhileRevalidate ?? ofType.staleWhileRevalidate,
    staleIfError: own.staleIfError ?? ofType.staleIfError,
  };
}

function isPrivateByGuard(
  parent: GraphQLObjectType | GraphQLInterfaceType,
  field: Field,
  rules: FieldRules,
): boolean {
  if (!rules.isGuarded(parent.name, field.name)) return false;
  const scope = hintOf(`${parent.name}.${field.name}`, rules).scope;
  return (scope ?? hintOf(getNamedType(field.type).name, rules).scope) === undefined;
}

const SAYS_NOTHING: CacheHint = Object.freeze({});

function hintOf(coordinate: string, { hints }: FieldRules): CacheHint {
  return hints.get(coordinate) ?? SAYS_NOTHING;
}
