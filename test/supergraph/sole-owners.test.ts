import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { readSupergraph } from '../../src/supergraph/read-supergraph.ts';
import { composeSupergraph } from '../support/compose.ts';
import { sendJson } from '../support/fake-subgraph.ts';
import { startGateway } from '../support/start-gateway.ts';

const CATALOG = `
  type Query { product: Product }
  type Product @key(fields: "id") { id: ID! name: String! tags: [String!] @shareable }`;
const STOCK = `
  type Product @key(fields: "id") { id: ID! name: String! @external stock: Int label: String @requires(fields: "name") tags: [String!] @shareable }`;

test('a field has an owner when one subgraph alone resolves it', () => {
  const sdl = composeSupergraph([
    { name: 'catalog', url: 'http://catalog', typeDefs: CATALOG },
    { name: 'stock', url: 'http://stock', typeDefs: STOCK },
  ]);
  expect(Object.fromEntries(readSupergraph(parse(sdl)).soleOwners)).toEqual({
    'Query.product': 'catalog',
    'Product.name': 'catalog',
    'Product.stock': 'stock',
    'Product.label': 'stock',
  });
});

test('a value that does not fit is blamed on the subgraph it came from', async () => {
  await using gateway = await startGateway({
    subgraphs: {
      catalog: { typeDefs: CATALOG, resolvers: { Query: { product: () => ({ id: 1, name: 'Chair' }) } } },
      stock: {
        typeDefs: STOCK,
        respond: (_seen, response) => sendJson(response, { data: { _entities: [{ stock: 'plenty' }] } }),
      },
    },
  });
  const { data, errors } = await gateway.ask('{ product { name stock } }');
  expect(data).toEqual({ product: { name: 'Chair', stock: null } });
  expect(errors).toMatchObject([
    { path: ['product', 'stock'], extensions: { code: 'SUBGRAPH_BAD_RESPONSE', subgraph: 'stock' } },
  ]);
});
