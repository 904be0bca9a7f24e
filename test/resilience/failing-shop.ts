import { parse, print } from 'graphql';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { completeWeirLink } from '../../src/supergraph/complete-weir-link.ts';
import { type Respond, sendJson } from '../support/fake-subgraph.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { type HandClock, handClock } from '../support/test-identity.ts';

export type Shop = TestGateway<'products' | 'reviews'> & { readonly clock: HandClock };

const LINK = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requires", "@external", "@composeDirective"])
  @link(url: "https://weir.dev/weir/v1.0", import: ["@circuitBreaker", "@fallback"])`;

const PRODUCTS = `${LINK}
  type Query { products(first: Int = 2): [Product!] @fallback(stale: "5m") motto: String vat: Int! }
  type Product @key(fields: "id") { id: ID! name: String weight: Int }`;

const REVIEWS = `${LINK}
  type Query { latest: String }
  type Product @key(fields: "id") {
    id: ID!
    weight: Int @external
    rating: Float @fallback(value: "2.5")
    reviews: [Review!] @fallback(stale: "1m", value: "[{\\"text\\": \\"none\\"}]")
    stock: Int
    parcel: Int @requires(fields: "weight")
  }
  type Review { text: String! stars: Int }`;

/** With the definitions that a subgraph's own server asks for; composition would add them by itself. */
function completed(typeDefs: string): string {
  return print(completeWeirLink(parse(typeDefs)));
}

const CONFIG: GatewayConfigInput = {
  breakers: { default: { minimumCalls: 2, openFor: '5s', probes: 1 } },
  execution: { replay: '0B' },
  operation: { introspection: true },
};

/** Another gateway that asks the subgraphs of a shop, and has its clock. */
export function startTwin(shop: Shop, config: GatewayConfigInput = {}): Promise<TestGateway<never>> {
  const { clock, gateway } = shop;
  return startGateway({ clock, config: { ...CONFIG, ...config }, supergraphSdl: gateway.generation().sdl });
}

/** Two subgraphs; `config` is over breakers that open after two calls. */
export async function startShop(config: GatewayConfigInput = {}): Promise<Shop> {
  const clock = handClock();
  const gateway = await startGateway({
    clock,
    config: { ...CONFIG, ...config },
    subgraphs: {
      products: {
        typeDefs: completed(PRODUCTS),
        resolvers: {
          Query: {
            products: (_: unknown, { first }: { first: number }) =>
              ['1', '2', '3'].slice(0, first).map(id => ({ id, name: `Product ${id}`, weight: 10 })),
            motto: () => 'cheap',
            vat: () => 19,
          },
          Product: {
            __resolveReference: ({ id }: { id: string }) => ({ id, name: `Product ${id}`, weight: 10 }),
          },
        },
      },
      reviews: {
        typeDefs: completed(REVIEWS),
        resolvers: {
          Query: { latest: () => 'good' },
          Product: {
            __resolveReference: (product: object) => product,
            rating: () => 4.5,
            reviews: ({ id }: { id: string }) => [{ text: `about ${id}`, stars: 5 }],
            stock: () => 7,
            parcel: ({ weight }: { weight: number }) => weight * 2,
          },
        },
      },
    },
  });
  return Object.assign(gateway, { clock });
}

export const DOWN: Respond = (_seen, response) => sendJson(response, { errors: [{ message: 'down' }] }, 503);

/** Answers every `_entities` request with one error at a field of the first entity, and values beside it. */
export function failingField(field: string, code?: string): Respond {
  return (seen, response) => {
    const { representations } = seen.variables as { representations: readonly { id: string }[] };
    const value = (id: string) => ({
      __typename: 'Product',
      ...(seen.query.includes('stock') ? { stock: 7 } : {}),
      ...(seen.query.includes('rating') ? { rating: 4.5 } : {}),
      ...(seen.query.includes('reviews') ? { reviews: [{ text: `about ${id}`, stars: 5 }] } : {}),
      ...(seen.query.includes(field) ? { [field]: null } : {}),
    });
    const hasField = seen.query.includes(field);
    sendJson(response, {
      data: { _entities: representations.map(({ id }) => value(id)) },
      ...(hasField
        ? {
            errors: [
              {
                message: 'broken',
                path: ['_entities', 0, field],
                ...(code === undefined ? {} : { extensions: { code } }),
              },
            ],
          }
        : {}),
    });
  };
}
