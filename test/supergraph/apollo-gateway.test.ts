import { createRequire } from 'node:module';
import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { ApolloGateway } from '../../src/supergraph/apollo-gateway.ts';
import { composeSupergraph } from '../support/compose.ts';

const SDL = composeSupergraph([
  { name: 'a', url: 'http://127.0.0.1:9/graphql', typeDefs: 'type Query { greeting: String }' },
]);

// What is put off is loaded by it: this is the part of Apollo's gateway that Weir replaces.
test('is all of the class that Apollo has: it plans and runs an operation', async () => {
  const gateway = new ApolloGateway({
    supergraphSdl: SDL,
    buildService: () => ({ process: async () => ({ data: { greeting: 'hello' } }) }),
  });
  try {
    const { executor } = await gateway.load();
    const query = '{ greeting }';
    const request = { request: { query }, document: parse(query), queryHash: 'q', metrics: {}, cache: null };
    expect(await executor(request as unknown as Parameters<typeof executor>[0])).toEqual({
      data: { greeting: 'hello' },
    });
  } finally {
    await gateway.stop();
  }
});

test('leaves nothing behind for others who load the package', () => {
  const require = createRequire(createRequire(import.meta.url).resolve('@apollo/gateway'));
  const managers: object = require('./supergraphManagers');
  expect(Object.keys(managers)).toContain('IntrospectAndCompose');
});
