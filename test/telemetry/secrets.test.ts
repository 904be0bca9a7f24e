import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { graphqlRequest, startGateway } from '../support/start-gateway.ts';

const SECRETS = { authorization: 'Bearer sEcReT-1', cookie: 'session=sEcReT-2', 'x-api-key': 'sEcReT-3' };

test('no credential appears in a log line or an answer, whatever goes wrong', async () => {
  await using gateway = await startGateway({
    subgraphs: { a: { typeDefs: 'type Query { x: Int! }', resolvers: { Query: { x: () => 1 } } } },
  });
  const post = (body: string, headers: Record<string, string> = {}): Request =>
    new Request('http://gateway/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...SECRETS, ...headers },
      body,
    });
  const requests = [
    graphqlRequest({ query: '{ x }' }, SECRETS),
    graphqlRequest({ query: '{ nothing }' }, SECRETS),
    graphqlRequest({ query: '{ x }', extensions: [] }, SECRETS),
    post('{'),
    post('{}', { 'content-type': 'text/plain' }),
    post('{}', { 'content-encoding': 'gzip' }),
    new Request('http://gateway/%ff', { headers: SECRETS }),
    new Request('http://gateway/none', { headers: SECRETS }),
  ];
  const answers: string[] = [];
  const handle = async (request: Request): Promise<void> => {
    const response = await gateway.handle(request);
    answers.push(await response.text(), inspect([...response.headers]));
  };
  for (const request of requests) await handle(request);
  gateway.subgraphs.a.respond = (_seen, response) => void response.destroy();
  await handle(graphqlRequest({ query: '{ x }' }, SECRETS));
  gateway.subgraphs.a.respond = (_seen, response) => void response.end('not JSON');
  await handle(graphqlRequest({ query: '{ x }' }, SECRETS));
  expect(inspect({ answers, log: gateway.log }, { depth: 20 })).not.toContain('sEcReT');
});
