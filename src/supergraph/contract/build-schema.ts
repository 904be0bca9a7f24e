import {
  type GraphQLArgumentConfig,
  GraphQLDirective,
  GraphQLEnumType,
  GraphQLInputObjectType,
  GraphQLInterfaceType,
  GraphQLList,
  type GraphQLNamedType,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  type GraphQLType,
  GraphQLUnionType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isSpecifiedDirective,
  isUnionType,
} from 'graphql';
import type { Reachable } from './reach.ts';

interface Rebuild extends Reachable {
  /** The contract's type for a type of the whole schema. */
  readonly replace: <T extends GraphQLType>(type: T) => T;
}

/** Definitions name what is hidden, and some tools print them. */
const NO_NODES = { astNode: null, extensionASTNodes: [] };

/** Builds a schema of what is kept: new types with the old ones' names, descriptions and deprecations. */
export function buildContractSchema(parts: Reachable): GraphQLSchema {
  const { schema, kept } = parts;
  const types = new Map<string, GraphQLNamedType>();
  const rebuild: Rebuild = { ...parts, replace: type => replaceType(type, types) };
  for (const name of kept.keys()) {
    const type = schema.getType(name);
    if (type !== undefined) types.set(name, rebuildType(type, rebuild));
  }
  const root = (type: GraphQLObjectType | null | undefined): GraphQLObjectType | undefined =>
    type && kept.has(type.name) ? rebuild.replace(type) : undefined;
  return new GraphQLSchema({
    ...schema.toConfig(),
    ...NO_NODES,
    assumeValid: false,
    query: root(schema.getQueryType()),
    mutation: root(schema.getMutationType()),
    subscription: root(schema.getSubscriptionType()),
    types: [...types.values()],
    directives: schema.getDirectives().map(directive => rebuildDirective(directive, rebuild)),
  });
}

function replaceType<T extends GraphQLType>(type: T, types: ReadonlyMap<string, GraphQLNamedType>): T;
function replaceType(type: GraphQLType, types: ReadonlyMap<string, GraphQLNamedType>): GraphQLType {
  if (isNonNullType(type)) return new GraphQLNonNull(replaceType(type.ofType, types));
  if (isListType(type)) return new GraphQLList(replaceType(type.ofType, types));
  return types.get(type.name) ?? type;
}

function rebuildType(type: GraphQLNamedType, rebuild: Rebuild): GraphQLNamedType {
  if (isObjectType(type)) {
    return new GraphQLObjectType({ ...type.toConfig(), ...NO_NODES, ...outputParts(type, rebuild) });
  }
  if (isInterfaceType(type)) {
    return new GraphQLInterfaceType({ ...type.toConfig(), ...NO_NODES, ...outputParts(type, rebuild) });
  }
  if (isUnionType(type)) {
    const members = type.getTypes().filter(({ name }) => rebuild.kept.has(name));
    const types = () => members.map(rebuild.replace);
    return new GraphQLUnionType({ ...type.toConfig(), ...NO_NODES, types });
  }
  if (isInputObjectType(type)) return rebuildInput(type, rebuild);
  if (isEnumType(type)) return rebuildEnum(type, rebuild);
  return isScalarType(type) ? new GraphQLScalarType({ ...type.toConfig(), ...NO_NODES }) : type;
}

/** Thunks, as types may name each other in circles. */
function outputParts(type: GraphQLObjectType | GraphQLInterfaceType, rebuild: Rebuild) {
  const { fields } = type.toConfig();
  return {
    interfaces: () =>
      type
        .getInterfaces()
        .filter(({ name }) => rebuild.kept.has(name))
        .map(rebuild.replace),
    fields: () =>
      mapKept(fields, rebuild.kept.get(type.name), (field, name) => ({
        ...field,
        astNode: null,
        type: rebuild.replace(field.type),
        args: keepArguments(field.args ?? {}, `${type.name}.${name}`, rebuild),
      })),
  };
}

function rebuildInput(type: GraphQLInputObjectType, rebuild: Rebuild): GraphQLInputObjectType {
  const config = type.toConfig();
  const fields = () =>
    mapKept(config.fields, rebuild.kept.get(type.name), field => ({
      ...field,
      astNode: null,
      type: rebuild.replace(field.type),
    }));
  return new GraphQLInputObjectType({ ...config, ...NO_NODES, fields });
}

function rebuildEnum(type: GraphQLEnumType, rebuild: Rebuild): GraphQLEnumType {
  const config = type.toConfig();
  const kept = rebuild.kept.get(type.name);
  const values = mapKept(config.values, kept, value => ({ ...value, astNode: null }));
  return new GraphQLEnumType({ ...config, ...NO_NODES, values });
}

function rebuildDirective(directive: GraphQLDirective, rebuild: Rebuild): GraphQLDirective {
  if (isSpecifiedDirective(directive)) return directive;
  const config = directive.toConfig();
  const args = keepArguments(config.args, `@${directive.name}`, rebuild);
  return new GraphQLDirective({ ...config, astNode: null, args });
}

function mapKept<T>(
  members: Readonly<Record<string, T>>,
  names: ReadonlySet<string> | undefined,
  rebuildMember: (member: T, name: string) => T,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(members)
      .filter(([name]) => names?.has(name))
      .map(([name, member]) => [name, rebuildMember(member, name)]),
  );
}

function keepArguments(
  args: Readonly<Record<string, GraphQLArgumentConfig>>,
  owner: string,
  { hiddenArguments, replace }: Rebuild,
): Record<string, GraphQLArgumentConfig> {
  return Object.fromEntries(
    Object.entries(args)
      .filter(([name]) => !hiddenArguments.has(`${owner}(${name}:)`))
      .map(([name, argument]) => [name, { ...argument, astNode: null, type: replace(argument.type) }]),
  );
}
