import { expect, test } from 'vitest';
import { startGateway } from '../support/start-gateway.ts';

const CONFIG = {
  personas: { public: { match: { default: true }, contract: { excludeTags: ['internal'] } } },
};

const catalogue = {
  typeDefs: `
    type Query { book: Book }
    type Book @key(fields: "isbn") { isbn: ID! @tag(name: "internal") title: String cost: Float! @tag(name: "internal") }
  `,
  resolvers: { Query: { book: () => ({ isbn: 'i-1', title: 'Weirs', cost: 3 }) } },
};
const pricing = {
  typeDefs: `
    type Book @key(fields: "isbn") { isbn: ID! @tag(name: "internal") cost: Float! @external price: Float @requires(fields: "cost") }
  `,
  resolvers: { Book: { price: ({ cost }: { cost: number }) => cost * 2 } },
};

const QUERY = '{ book { title price } }';
const HIDDEN = /isbn|cost|i-1/;

test('hidden keys and requirements are used for what is shown, and not shown', async () => {
  await using gateway = await startGateway({ subgraphs: { catalogue, pricing }, config: CONFIG });
  expect(await gateway.ask(QUERY)).toEqual({ data: { book: { title: 'Weirs', price: 6 } } });
  expect(JSON.stringify(gateway.subgraphs.pricing.requests)).toMatch(/i-1/);
});

test.each<[string, unknown]>([
  [
    'is an error',
    {
      data: { book: { __typename: 'Book', isbn: 'i-1', title: 'Weirs', cost: null } },
      errors: [{ message: 'no cost for i-1', path: ['book', 'cost'] }],
    },
  ],
  ['is null', { data: { book: { __typename: 'Book', isbn: 'i-1', title: 'Weirs', cost: null } } }],
  ['is missing', { data: { book: { __typename: 'Book', isbn: 'i-1', title: 'Weirs' } } }],
  ['has no key', { data: { book: { __typename: 'Book', title: 'Weirs', cost: 3 } } }],
])('a hidden requirement that %s is not named to who reads what depends on it', async (_what, reply) => {
  await using gateway = await startGateway({ subgraphs: { catalogue, pricing }, config: CONFIG });
  gateway.subgraphs.catalogue.respond = (_seen, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
  };
  const answer = await gateway.ask(QUERY);
  expect(answer.data).toMatchObject({ book: { title: 'Weirs' } });
  expect(JSON.stringify(answer)).not.toMatch(HIDDEN);
});

test('a subgraph that complains of what it was sent is not quoted', async () => {
  await using gateway = await startGateway({ subgraphs: { catalogue, pricing }, config: CONFIG });
  gateway.subgraphs.pricing.respond = (_seen, response) => {
    const errors = [{ message: 'cost of isbn i-1 is unknown', path: ['_entities', 0, 'price'] }];
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ data: { _entities: [{ price: null }] }, errors }));
  };
  const answer = await gateway.ask(QUERY);
  expect(answer.errors?.[0]).toMatchObject({
    path: ['book', 'price'],
    extensions: { code: 'SUBGRAPH_ERROR' },
  });
  expect(JSON.stringify(answer)).not.toMatch(HIDDEN);
});
