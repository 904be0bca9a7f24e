import {
  type GraphQLNamedType,
  type GraphQLSchema,
  type GraphQLType,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  isUnionType,
} from 'graphql';
import type { TagFilter, TagTable } from '../tags.ts';

/** Type → its fields, input fields or enum values that are in a contract. Built-in scalars are no part of it. */
export type Selection = ReadonlyMap<string, ReadonlySet<string>>;

type Growing = Map<string, Set<string>>;

/** Whether an element's own tags let it in. */
export interface TagRules {
  isExcluded(coordinate: string): boolean;
  /** True of everything when no tags are asked for. */
  isIncluded(coordinate: string): boolean;
}

export function tagRules(tags: TagTable, { includeTags = [], excludeTags = [] }: TagFilter): TagRules {
  const carriesOneOf = (coordinate: string, wanted: readonly string[]): boolean => {
    const own = tags.get(coordinate);
    return own !== undefined && wanted.some(tag => own.has(tag));
  };
  return {
    isExcluded: coordinate => carriesOneOf(coordinate, excludeTags),
    isIncluded: coordinate => includeTags.length === 0 || carriesOneOf(coordinate, includeTags),
  };
}

/** What tags let in, less what can then not be used or would give something hidden away. */
export function selectByTags(schema: GraphQLSchema, rules: TagRules): Selection {
  const types = Object.values(schema.getTypeMap()).filter(isSelectable);
  const kept: Growing = new Map();
  for (const type of types) {
    const members = taggedMembers(type, rules);
    if (members !== null) kept.set(type.name, members);
  }
  const dropTypes = createDrop(schema, types, kept);
  let doomed = types.filter(type => !kept.has(type.name) || hasLostMembers(type, kept));
  do {
    dropTypes(doomed);
    doomed = alignInterfaces(types, kept);
  } while (doomed.length > 0);
  return kept;
}

/** The members of a type by name; none of unions and scalars. */
function membersOf(type: GraphQLNamedType): readonly string[] {
  if (isEnumType(type)) return type.getValues().map(({ name }) => name);
  return isScalarType(type) || isUnionType(type) ? [] : Object.keys(type.getFields());
}

function isSelectable(type: GraphQLNamedType): boolean {
  return !isIntrospectionType(type) && !isSpecifiedScalarType(type);
}

/**
 * Apollo's rules: wanted tags are asked of unions and of the fields of objects and interfaces, which have those
 * of their type too. Input types, enums, scalars and arguments are in where something that is in needs them.
 */
function taggedMembers(type: GraphQLNamedType, rules: TagRules): Set<string> | null {
  if (rules.isExcluded(type.name)) return null;
  const isWhole = rules.isIncluded(type.name);
  if (isUnionType(type) && !isWhole) return null;
  const mustBeIncluded = (isObjectType(type) || isInterfaceType(type)) && !isWhole;
  const members = membersOf(type).filter(name => {
    const coordinate = `${type.name}.${name}`;
    return !rules.isExcluded(coordinate) && (!mustBeIncluded || rules.isIncluded(coordinate));
  });
  return new Set(members);
}

function hasLostMembers(type: GraphQLNamedType, kept: Selection): boolean {
  return membersOf(type).length > 0 && kept.get(type.name)?.size === 0;
}

/** Returns a function that drops types and, to the end, all that is nothing without them. */
function createDrop(schema: GraphQLSchema, types: readonly GraphQLNamedType[], kept: Growing) {
  const users = usersByType(types);
  const abstracts = abstractsByObject(schema, types);
  return (doomed: readonly GraphQLNamedType[]): void => {
    const queue = [...doomed];
    for (let type = queue.pop(); type !== undefined; type = queue.pop()) {
      kept.delete(type.name);
      for (const { owner, field } of users.get(type.name) ?? []) {
        if (kept.get(owner.name)?.delete(field) && hasLostMembers(owner, kept)) queue.push(owner);
      }
      for (const abstract of abstracts.get(type.name) ?? []) {
        if (!kept.has(abstract.name) || !isAbstractType(abstract)) continue;
        if (!schema.getPossibleTypes(abstract).some(({ name }) => kept.has(name))) queue.push(abstract);
      }
    }
  };
}

interface TypeUser {
  readonly owner: GraphQLNamedType;
  readonly field: string;
}

function usersByType(types: readonly GraphQLNamedType[]): ReadonlyMap<string, readonly TypeUser[]> {
  const users = new Map<string, TypeUser[]>();
  for (const owner of types) {
    if (!isObjectType(owner) && !isInterfaceType(owner) && !isInputObjectType(owner)) continue;
    const fields: readonly { readonly name: string; readonly type: GraphQLType }[] = Object.values(
      owner.getFields(),
    );
    for (const { name, type } of fields) addTo(users, getNamedType(type).name, { owner, field: name });
  }
  return users;
}

function abstractsByObject(
  schema: GraphQLSchema,
  types: readonly GraphQLNamedType[],
): ReadonlyMap<string, readonly GraphQLNamedType[]> {
  const abstracts = new Map<string, GraphQLNamedType[]>();
  for (const type of types) {
    if (!isAbstractType(type)) continue;
    for (const { name } of schema.getPossibleTypes(type)) addTo(abstracts, name, type);
  }
  return abstracts;
}

function addTo<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

/**
 * Takes a field from an interface when a type that implements it has it hidden. Were the type to stop
 * implementing the interface instead, its hidden field could still be read: through the interface, whose
 * objects the subgraphs choose.
 * @returns interfaces without fields now.
 */
function alignInterfaces(types: readonly GraphQLNamedType[], kept: Growing): GraphQLNamedType[] {
  const emptied = new Set<GraphQLNamedType>();
  for (const type of types) {
    const own = kept.get(type.name);
    if (own === undefined || !(isObjectType(type) || isInterfaceType(type))) continue;
    for (const implemented of type.getInterfaces()) {
      const fields = kept.get(implemented.name);
      for (const field of fields ?? []) if (!own.has(field)) fields?.delete(field);
      if (fields?.size === 0) emptied.add(implemented);
    }
  }
  return [...emptied];
}
