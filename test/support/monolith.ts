import { composeServices } from '@apollo/composition';
import {
  buildASTSchema,
  defaultFieldResolver,
  type ExecutionResult,
  execute,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  isUnionType,
  parse,
  printSchema,
} from 'graphql';
import { apiSchemaOf } from '../../src/supergraph/supported-features.ts';
import { ordersSubgraph } from '../../subgraphs/orders/subgraph.ts';
import { productsSubgraph } from '../../subgraphs/products/subgraph.ts';
import { DateTime } from '../../subgraphs/shared/date-time.ts';
import type { RequestScope } from '../../subgraphs/shared/definition.ts';
import type { SubgraphName } from '../../subgraphs/start-subgraph.ts';
import { usersSubgraph } from '../../subgraphs/users/subgraph.ts';
import { createFieldOwners, type FieldOwners } from './field-owners.ts';

type Resolver = GraphQLFieldResolver<unknown, unknown>;
type ResolverTable = Readonly<Record<string, Readonly<Record<string, Resolver>> | undefined>>;
type MonolithContext = Readonly<Record<SubgraphName, unknown>>;
type Row = Readonly<Record<string, unknown>>;

export interface MonolithRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
  readonly callerId?: string;
}

export interface Monolith {
  /** The API schema of the composed supergraph, executable as it is. */
  readonly schema: GraphQLSchema;
  readonly supergraphSdl: string;
  execute(request: MonolithRequest): Promise<ExecutionResult>;
  /** Forgets what mutations changed. */
  reset(): void;
}

const SUBGRAPHS = [usersSubgraph, ordersSubgraph, productsSubgraph];

/** Which subgraph holds the row of an entity; what others add to it starts from that row. */
const HOMES: Readonly<Record<string, SubgraphName>> = {
  User: 'users',
  Organization: 'users',
  Membership: 'users',
  Order: 'orders',
  Product: 'products',
  Review: 'products',
  Media: 'products',
  Video: 'products',
  Manual: 'products',
};

const RESOLVERS: Readonly<Record<SubgraphName, ResolverTable>> = {
  users: usersSubgraph.resolvers as unknown as ResolverTable,
  orders: ordersSubgraph.resolvers as unknown as ResolverTable,
  products: productsSubgraph.resolvers as unknown as ResolverTable,
};

/** Composes the example subgraphs; throws with every message when they do not fit together. */
export function composeExample(): string {
  const composed = composeServices(
    SUBGRAPHS.map(({ name, port, typeDefs }) => ({
      name,
      url: `http://127.0.0.1:${port}/graphql`,
      typeDefs: parse(typeDefs),
    })),
  );
  if (composed.errors) throw new Error(composed.errors.map(error => error.message).join('\n'));
  return composed.supergraphSdl;
}

async function loadRow(typeName: string, reference: unknown, context: MonolithContext): Promise<Row | null> {
  const home = HOMES[typeName];
  const resolveReference = home && RESOLVERS[home][typeName]?.['__resolveReference'];
  if (!resolveReference) throw new Error(`${typeName} has no home`);
  const load = resolveReference as (reference: unknown, context: unknown) => Promise<Row | null>;
  return load(reference, context[home]);
}

/**
 * Finds the resolver that a subgraph has for a field, also when it knows the type by its interface only
 * (@interfaceObject).
 */
function findResolver(owner: SubgraphName, type: GraphQLObjectType, fieldName: string): Resolver {
  const names = [type.name, ...type.getInterfaces().map(({ name }) => name)];
  const resolvers = names.map(name => RESOLVERS[owner][name]?.[fieldName]);
  return resolvers.find(resolver => resolver !== undefined) ?? defaultFieldResolver;
}

/**
 * Whatever named the entity, its fields are resolved from the whole row of its home. The rows are written
 * so that each is a complete representation too, with everything `@requires` asks for, so fields of other
 * subgraphs resolve from it as they would from what a gateway sends.
 */
function resolverOf(type: GraphQLObjectType, fieldName: string, owners: FieldOwners): Resolver {
  const owner = owners(type.name, fieldName, HOMES[type.name]);
  const resolve = findResolver(owner, type, fieldName);
  const isEntity = type.name in HOMES;
  return async (source, args, context, info) => {
    const contexts = context as MonolithContext;
    if (!isEntity) return resolve(source, args, contexts[owner], info);
    const row = await loadRow(type.name, source, contexts);
    if (!row) return null;
    if (owner === HOMES[type.name]) return resolve(row, args, contexts[owner], info);
    const enter = RESOLVERS[owner][type.name]?.['__resolveReference'] as
      | ((reference: Row, context: unknown) => unknown)
      | undefined;
    return resolve(enter ? await enter(row, contexts[owner]) : row, args, contexts[owner], info);
  };
}

async function typeNameOf(
  value: unknown,
  context: unknown,
  schema: GraphQLSchema,
): Promise<string | undefined> {
  const { __typename: name } = value as { __typename: string };
  if (isObjectType(schema.getType(name))) return name;
  // A reference by interface says that it is a Media, not which kind.
  const row = await loadRow(name, value, context as MonolithContext);
  return row?.['__typename'] as string | undefined;
}

function attachResolvers(schema: GraphQLSchema, owners: FieldOwners): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    if (isInterfaceType(type) || isUnionType(type)) {
      type.resolveType = (value, context, info) => typeNameOf(value, context, info.schema);
    }
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) field.resolve = resolverOf(type, field.name, owners);
  }
  const { serialize, parseValue, parseLiteral } = DateTime;
  Object.assign(schema.getType('DateTime') ?? {}, { serialize, parseValue, parseLiteral });
}

/**
 * One plain schema over the data and resolvers of all three subgraphs, for tests that compare a gateway's
 * answers with what they should be. No planner and no network take part. Its text is the composed API
 * schema, so it cannot drift from what clients see.
 */
export function createMonolith(options: { readonly now?: () => number } = {}): Monolith {
  const { now = Date.now } = options;
  const supergraphSdl = composeExample();
  const schema = buildASTSchema(parse(printSchema(apiSchemaOf(supergraphSdl))));
  attachResolvers(schema, createFieldOwners(supergraphSdl));

  const open = () => ({
    users: usersSubgraph.open(now),
    orders: ordersSubgraph.open(now),
    products: productsSubgraph.open(now),
  });
  let subgraphs = open();
  return {
    schema,
    supergraphSdl,
    async execute({ query, variables = {}, operationName, callerId = 'u-1' }) {
      const scope: RequestScope = { caller: { id: callerId, roles: new Set() }, observe: () => undefined };
      const contextValue: MonolithContext = {
        users: subgraphs.users(scope),
        orders: subgraphs.orders(scope),
        products: subgraphs.products(scope),
      };
      return execute({
        schema,
        document: parse(query),
        variableValues: variables,
        operationName: operationName ?? null,
        contextValue,
      });
    },
    reset() {
      subgraphs = open();
    },
  };
}
