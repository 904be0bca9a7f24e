import { parse, print } from 'graphql';
import type { GatewayConfigInput } from '../../../src/config/gateway-config.ts';
import { completeWeirLink } from '../../../src/supergraph/complete-weir-link.ts';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';
import { type HandClock, handClock } from '../../support/test-identity.ts';

export type KeptShop = TestGateway<'products'> & {
  readonly clock: HandClock;
  /** What products are called from now on. */
  rename(name: string): void;
};

const PRODUCTS = `extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@composeDirective", "@cacheTag", "@authenticated"])
    @link(url: "https://weir.dev/weir/v1.0", import: ["@cacheControl"])
  type Query {
    products(first: Int = 2): [Product!] @cacheControl(maxAge: 60, staleWhileRevalidate: 30, staleIfError: 600)
    cheapest: Product @cacheControl(maxAge: 60)
    mine: String @cacheControl(maxAge: 60, scope: PRIVATE)
    secret: String @cacheControl(maxAge: 60) @authenticated
    now: String
  }
  type Mutation { rename(id: ID!, name: String!): Product }
  type Product @key(fields: "id") @cacheTag(format: "product-{$key.id}") {
    id: ID!
    name(language: String = "en"): String @cacheControl(inheritMaxAge: true)
  }`;

/**
 * A subgraph whose answers change, and a gateway that keeps them. It tells nobody who asks, unless `config` says so.
 * @param other whose supergraph it has, and so whose subgraph
 */
export async function startKeptShop(config: GatewayConfigInput = {}, other?: KeptShop): Promise<KeptShop> {
  const clock = handClock();
  // Of tokens that are made now.
  clock.at = Date.now();
  let name = 'first';
  const gateway = await startGateway({
    clock,
    ...(other === undefined ? {} : { supergraphSdl: other.gateway.generation().sdl }),
    config: {
      execution: { subgraphs: { all: { identity: false } }, replay: '0B' },
      operation: { introspection: true },
      ...config,
      // What is kept of answers alone; entities have tests of their own.
      ...('cache' in config && config.cache === undefined
        ? {}
        : { cache: { jitter: 0, entities: { enabled: false }, ...config.cache } }),
    },
    subgraphs: {
      products: {
        typeDefs: print(completeWeirLink(parse(PRODUCTS))),
        resolvers: {
          Query: {
            products: (_: unknown, { first }: { first: number }) =>
              ['1', '2', '3'].slice(0, first).map(id => ({ id })),
            cheapest: () => ({ id: '1' }),
            mine: (_: unknown, __: unknown, headers: unknown) =>
              `${name} of ${(headers as Record<string, string>)['x-user-id'] ?? 'nobody'}`,
            secret: () => name,
            now: () => name,
          },
          Mutation: { rename: (_: unknown, { id }: { id: string }) => ({ id }) },
          Product: {
            __resolveReference: (product: object) => product,
            name: (_: unknown, { language }: { language: string }) => (language === 'en' ? name : `${name}!`),
          },
        },
      },
    },
  });
  return Object.assign(gateway, {
    clock,
    rename(next: string) {
      name = next;
    },
  });
}
