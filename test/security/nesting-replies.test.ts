import { expect, test } from 'vitest';
import type { Respond } from '../support/fake-subgraph.ts';
import { startGateway } from '../support/start-gateway.ts';

const LEVELS = 50_000;

const raw =
  (text: string): Respond =>
  (_seen, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(text);
  };

test.each<[string, string]>([
  ['lists', '['.repeat(LEVELS) + ']'.repeat(LEVELS)],
  ['objects', `${'{"a":'.repeat(LEVELS)}1${'}'.repeat(LEVELS)}`],
])('two replies that nest %s without end spoil nothing but their own fields', async (_what, deep) => {
  await using gateway = await startGateway({
    subgraphs: {
      things: {
        typeDefs: 'type Query { thing: Thing count: Int } type Thing @key(fields: "id") { id: ID! }',
        respond: raw(
          `{"data":{"count":1,"thing":{"__typename":"Thing","id":"1","name":${deep},"more":${deep}}}}`,
        ),
      },
      names: {
        typeDefs: 'type Thing @key(fields: "id") { id: ID! name: String }',
        respond: raw(`{"data":{"_entities":[{"__typename":"Thing","name":${deep},"more":${deep}}]}}`),
      },
    },
  });
  expect(await gateway.ask('{ count thing { id name } }')).toMatchObject({
    data: { count: 1, thing: { id: '1', name: null } },
    errors: [{ path: ['thing', 'name'], extensions: { code: 'SUBGRAPH_BAD_RESPONSE' } }],
  });
  expect(gateway.log.filter(({ level }) => level === 'error')).toEqual([]);
});
