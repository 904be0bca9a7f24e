import type { GatewayConfigInput } from '../../../src/config/gateway-config.ts';
import { type SeenRequest, sendJson } from '../../support/fake-subgraph.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../../support/start-gateway.ts';
import { type HandClock, handClock } from '../../support/test-identity.ts';

type Subgraphs = NonNullable<NonNullable<GatewayConfigInput['execution']>['subgraphs']>;
export type Rules = NonNullable<NonNullable<NonNullable<Subgraphs['all']>['headers']>['response']>;
type Headers = Readonly<Record<string, string | readonly string[]>>;

export interface HeadedShopOptions {
  /** For responses of the stock. */
  readonly rules: Rules;
  /** For responses of the list of products. */
  readonly listRules?: Rules;
  readonly cache?: GatewayConfigInput['cache'];
  readonly config?: GatewayConfigInput;
  readonly folder?: string;
  /** Whether subgraphs are told who asks. */
  readonly identity?: boolean;
  /** Whose supergraph it has, and so whose subgraphs. */
  readonly other?: HeadedShop;
}

export interface HeadedShop extends TestGateway<'products' | 'stock'> {
  readonly clock: HandClock;
  /** From now on the stock replies with these, and with that stock of each product; else with its id. */
  reply(headers: Headers | ((seen: SeenRequest) => Headers), stock?: (id: unknown) => number): void;
  /** The stock of products, with what came with the answer. */
  stockOf(ids: readonly string[], headers?: Readonly<Record<string, string>>): Promise<Told>;
  /** Ids that the stock was asked for since the last time. */
  takeAsked(): readonly (readonly unknown[])[];
}

interface Told {
  readonly headers: globalThis.Headers;
  readonly body: { readonly data: unknown; readonly extensions?: unknown };
}

const QUERY = 'query ($ids: [ID!]!) { products(ids: $ids) { stock } }';

/** Products whose stock is kept for a minute with the headers of its subgraph, which are all that changes; no answers are. */
export async function startHeadedShop(options: HeadedShopOptions): Promise<HeadedShop> {
  const clock = handClock();
  clock.at = Date.now();
  const { rules, listRules = [], cache, config = {}, identity = false, folder, other } = options;
  let headersFor: (seen: SeenRequest) => Headers = () => ({});
  let stockOf = Number as (id: unknown) => number;
  const gateway = await startGateway({
    clock,
    ...(folder === undefined ? {} : { folder }),
    ...(other === undefined ? {} : { supergraphSdl: other.gateway.generation().sdl }),
    config: {
      ...config,
      execution: {
        replay: '0B',
        subgraphs: {
          all: { identity },
          products: { headers: { response: listRules } },
          stock: { headers: { response: rules } },
        },
      },
      cache: {
        jitter: 0,
        responses: { enabled: false },
        ...cache,
        fields: { Product: { maxAge: '60s' }, ...cache?.fields },
      },
    },
    subgraphs: {
      products: {
        typeDefs: `type Query { products(ids: [ID!]!): [Product!]! } type Product @key(fields: "id") { id: ID! }`,
        resolvers: {
          Query: { products: (_: unknown, all: { ids: string[] }) => all.ids.map(id => ({ id })) },
        },
      },
      stock: {
        typeDefs: 'type Query { motto: String } type Product @key(fields: "id") { id: ID! stock: Int }',
        respond(seen, response) {
          for (const [name, value] of Object.entries(headersFor(seen))) response.setHeader(name, value);
          const ids = idsIn(seen);
          const data = ids === null ? { motto: 'm' } : { _entities: ids.map(id => ({ stock: stockOf(id) })) };
          sendJson(response, { data });
        },
      },
    },
  });
  return Object.assign(gateway, {
    clock,
    reply(headers: Headers | ((seen: SeenRequest) => Headers), stock: typeof stockOf = Number) {
      stockOf = stock;
      headersFor = typeof headers === 'function' ? headers : () => headers;
    },
    async stockOf(ids: readonly string[], headers: Readonly<Record<string, string>> = {}) {
      const response = await gateway.handle(graphqlRequest({ query: QUERY, variables: { ids } }, headers));
      return { headers: response.headers, body: (await response.json()) as Told['body'] };
    },
    takeAsked: () => gateway.subgraphs.stock.requests.splice(0).map(seen => idsIn(seen) ?? []),
  });
}

/** Null: it asks for no products. */
function idsIn({ variables }: SeenRequest): readonly unknown[] | null {
  const representations = Object.values(variables).find(Array.isArray) as { id: unknown }[] | undefined;
  return representations?.map(({ id }) => id) ?? null;
}
