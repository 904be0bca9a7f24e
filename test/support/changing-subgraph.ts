import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, parse } from 'graphql';
import { withFederation } from './compose.ts';
import type { FakeSubgraph, Respond } from './fake-subgraph.ts';

/** Executes as a well-behaved subgraph would, and then changes the data. */
export function changing(fake: FakeSubgraph, change: (data: Record<string, unknown>) => void): Respond {
  const schema = buildSubgraphSchema({
    typeDefs: parse(withFederation(fake.typeDefs)),
    ...(fake.resolvers === undefined ? {} : { resolvers: fake.resolvers }),
  });
  return async ({ query, variables }, response) => {
    const result = await execute({ schema, document: parse(query), variableValues: variables });
    const copy = JSON.parse(JSON.stringify(result)) as { data: Record<string, unknown> };
    change(copy.data);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(copy));
  };
}
