import { GraphQLError } from 'graphql';
import { type KeptGraph, type KeptGraphOptions, startKeptGraph } from './kept-graph.ts';

const PRODUCTS = `
  type Query {
    products(ids: [ID!]!): [Product!]!
    shelves: [Shelf!]!
    product(id: ID!): Product
    motto(loud: Boolean = false): String
  }
  type Mutation { touch(id: ID!): Product }
  type Shelf { label: String products: [Product!]! }
  type Product @key(fields: "id") { id: ID! name: String }`;

const STOCK = `
  type Product @key(fields: "id") {
    id: ID!
    stock: Int
    price(currency: String = "EUR"): String
    tags(first: Int): [String!]
    broken: Int
    mine: String
    maker: Maker
  }
  type Maker { name: String products: [Product!]! }`;

type Reference = { readonly id: string };

const product = (id: string) => ({ id, name: `Product ${id}` });

/** What both subgraphs answer may be changed by these. */
export interface ShopData {
  readonly stock: Map<string, number>;
  /** Ids that the stock subgraph does not know. */
  readonly missing: Set<string>;
  /** Ids of which a field fails. */
  readonly broken: Set<string>;
  motto: string;
}

export type KeptShop = KeptGraph & { readonly data: ShopData };

/** Products of one subgraph, with their stock and prices of another; what is not said otherwise is kept for a minute. */
export async function startKeptShop(
  cache: KeptGraphOptions['cache'] = {},
  options: Partial<KeptGraphOptions> = {},
): Promise<KeptShop> {
  const data: ShopData = { stock: new Map(), missing: new Set(), broken: new Set(), motto: 'cheap' };
  const shelves = () => [
    { label: 'top', products: ['1', '2'].map(product) },
    { label: 'low', products: ['2', '3'].map(product) },
  ];
  const graph = await startKeptGraph({
    ...options,
    cache: {
      ...cache,
      fields: { Product: { maxAge: '60s' }, 'Product.maker': { inheritMaxAge: true }, ...cache.fields },
    },
    subgraphs: {
      products: {
        typeDefs: PRODUCTS,
        resolvers: {
          Query: {
            products: (_: unknown, { ids }: { ids: string[] }) => ids.map(product),
            shelves,
            product: (_: unknown, { id }: Reference) => (data.missing.has(id) ? null : product(id)),
            motto: (_: unknown, { loud }: { loud: boolean }) =>
              loud ? data.motto.toUpperCase() : data.motto,
          },
          Mutation: { touch: (_: unknown, { id }: Reference) => product(id) },
        },
      },
      stock: {
        typeDefs: STOCK,
        resolvers: {
          Product: {
            __resolveReference: ({ id }: Reference) => (data.missing.has(id) ? null : { id }),
            stock: ({ id }: Reference) => data.stock.get(id) ?? Number(id),
            price: ({ id }: Reference, { currency }: { currency: string | null }) => `${id} ${currency}`,
            tags: ({ id }: Reference, { first }: { first?: number | null }) => [id, String(first)],
            broken({ id }: Reference) {
              if (data.broken.has(id)) throw new GraphQLError('broken');
              return Number(id);
            },
            mine: (_: unknown, __: unknown, told: unknown) => (told as string[]).join('='),
            maker: ({ id }: Reference) => ({ name: `Maker "${id}"`, products: [{ id }, { id: '9' }] }),
          },
        },
      },
    },
  });
  return { ...graph, data, [Symbol.asyncDispose]: graph[Symbol.asyncDispose] };
}

/** Ids that a subgraph was asked for since the last time. */
export function askedIds(shop: KeptGraph, subgraph = 'stock'): readonly (readonly unknown[])[] {
  return shop.takeAsked(subgraph).map(({ representations }) => representations.map(({ id }) => id));
}
