import { expect, test } from 'vitest';
import { apiSchemaOf } from '../../src/supergraph/supported-features.ts';
import { composeSupergraph } from '../support/compose.ts';
import { startGateway } from '../support/start-gateway.ts';

const LINK = `extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.9"
  import: ["@key", "@shareable", "@authenticated", "@requiresScopes", "@policy", "@context", "@fromContext"]
)`;

const GUARDED = `${LINK}
  type Query {
    open: String
    mine: String @authenticated
    read: String @requiresScopes(scopes: [["read"]])
    refund: String @policy(policies: [["can-refund"]])
  }`;

const WITH_CONTEXT = `${LINK}
  type Query { shop: Shop }
  type Shop @key(fields: "id") @context(name: "shop") { id: ID! currency: String! offer: Offer }
  type Offer @key(fields: "id") {
    id: ID!
    price(currency: String @fromContext(field: "$shop { currency }")): String
  }`;

test('a gateway serves a supergraph with access directives, and enforces them', async () => {
  const values = { open: () => 1, mine: () => 2, read: () => 3, refund: () => 4 };
  await using gateway = await startGateway({
    subgraphs: { a: { typeDefs: GUARDED, resolvers: { Query: values } } },
  });
  const { data, errors } = await gateway.ask('{ open mine read refund }');
  expect(data).toEqual({ open: '1', mine: null, read: null, refund: null });
  expect(errors?.map(({ path, extensions }) => [path?.[0], extensions?.['code']])).toEqual([
    ['mine', 'UNAUTHORIZED_FIELD'],
    ['read', 'UNAUTHORIZED_FIELD'],
    ['refund', 'UNAUTHORIZED_FIELD'],
  ]);
});

test.each([
  ['access directives', GUARDED],
  ['@context', WITH_CONTEXT],
])('commands read a supergraph with %s', (_, typeDefs) => {
  const sdl = composeSupergraph([
    { name: 'a', url: 'http://a', typeDefs },
    { name: 'b', url: 'http://b', typeDefs: `${LINK} type Query { other: Int }` },
  ]);
  expect(Object.keys(apiSchemaOf(sdl).getQueryType()?.getFields() ?? {})).toContain('other');
});

test('a supergraph that demands what nobody here knows is refused', () => {
  const sdl = composeSupergraph([{ name: 'a', url: 'http://a', typeDefs: 'type Query { a: Int }' }]);
  const link = '@link(url: "https://example.com/secret/v1.0", for: SECURITY)';
  expect(() => apiSchemaOf(sdl.replace('schema\n', `schema\n  ${link}\n`))).toThrow(/secret/);
});
