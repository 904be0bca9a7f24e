import { expect, test, vi } from 'vitest';
import { sendJson } from '../support/fake-subgraph.ts';
import { startOwnTime } from '../support/own-time.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../support/start-gateway.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const typeDefs = 'type Query { a: String b: String } type Mutation { write: String }';
const DATA = { a: 'A', b: 'B', write: 'done' };
const answering = {
  typeDefs,
  respond: (_: unknown, response: Parameters<typeof sendJson>[0]) => sendJson(response, { data: DATA }),
};

/** How long the subgraph was told it has, at the last request. */
function budget({ subgraphs }: TestGateway<'one'>): number {
  return Number(subgraphs.one.requests.at(-1)?.headers['x-deadline-ms']);
}

test('an operation whose time runs out is a 504, while others have theirs', async () => {
  await using gateway = await startGateway({
    config: { execution: { deadline: '9s', deadlines: { Quick: '500ms', Write: '900ms' }, replay: '0B' } },
    subgraphs: { one: { typeDefs: 'type Query { a: String! } type Mutation { write: String }' } },
  });
  const { one } = gateway.subgraphs;
  one.respond = () => {};
  using time = startOwnTime();
  const response = await gateway.handle(graphqlRequest({ query: 'query Quick { a }' }));
  expect(time.ms).toBeLessThan(4_000);
  expect([response.status, await response.json()]).toMatchObject([
    504,
    { errors: [{ extensions: { code: 'DEADLINE_EXCEEDED' } }] },
  ]);
  expect(budget(gateway)).toBeLessThanOrEqual(500);
  one.respond = answering.respond;
  for (const query of ['query Other { a }', '{ a }', 'query Several { a } query Quick { a }']) {
    await gateway.handle(
      graphqlRequest({ query, operationName: query.includes('Several') ? 'Several' : null }),
    );
    expect(budget(gateway)).toBeGreaterThan(1_000);
  }
  await gateway.ask('mutation Write { write }');
  expect(budget(gateway)).toBeLessThanOrEqual(900);
});

test('a document has the deadline of its id, and each operation of a batch its own', async () => {
  await using folder = await temporaryFolder({
    'm.json': JSON.stringify({ 'a-1': '{ a }', 'b-1': '{ b }' }),
  });
  await using gateway = await startGateway({
    folder: folder.path,
    config: {
      server: { batching: { maxOperations: 2 } },
      personas: {
        web: {
          match: { default: true },
          documents: { mode: 'ids-only', manifests: ['m.json'] },
          deadline: '4s',
        },
      },
      execution: { deadlines: { 'a-1': '500ms', unknown: '1s' }, replay: '0B' },
    },
    subgraphs: { one: answering },
  });
  expect(gateway.log.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
    expect.stringContaining('execution.deadlines.unknown'),
  ]);
  await gateway.handle(graphqlRequest([{ documentId: 'a-1' }, { documentId: 'b-1' }]));
  const budgets = gateway.subgraphs.one.requests.map(({ query, headers }) => [
    query.includes('a'),
    Number(headers['x-deadline-ms']) <= 500,
  ]);
  expect(new Set(budgets.map(String))).toEqual(new Set(['true,true', 'false,false']));
});

test('a rule that takes longer than the operation has denies', async () => {
  await using folder = await temporaryFolder({
    'rules.ts': `import { rule } from 'graphql-shield';
      export default { Query: { a: rule()(() => new Promise(done => setTimeout(done, 700, true))) } };`,
  });
  await using gateway = await startGateway({
    folder: folder.path,
    config: {
      policy: { authorization: { rules: 'rules.ts' } },
      execution: { deadlines: { Quick: '100ms' } },
    },
    subgraphs: { one: answering },
  });
  using time = startOwnTime();
  const quick = await gateway.ask('query Quick { a }');
  expect(time.ms).toBeLessThan(600);
  expect(quick.errors?.map(({ extensions }) => extensions['code'])).toEqual(['UNAUTHORIZED_FIELD']);
  expect(await gateway.ask('{ a }')).toEqual({ data: { a: 'A' } });
});

test('who joins a request that may take longer waits no longer than its own operation has', async () => {
  await using gateway = await startGateway({
    config: { execution: { deadline: '9s', deadlines: { Quick: '500ms' }, replay: '0B' } },
    subgraphs: { one: { typeDefs } },
  });
  const { one } = gateway.subgraphs;
  let answer = (): void => {};
  one.respond = (_, response) => {
    answer = () => sendJson(response, { data: DATA });
  };
  const patient = gateway.ask('query Patient { a }');
  await vi.waitFor(() => expect(one.requests).toHaveLength(1), { timeout: 5_000, interval: 5 });
  using time = startOwnTime();
  const { errors } = await gateway.ask('query Quick { a }');
  expect(time.ms).toBeLessThan(4_000);
  expect(errors?.map(({ extensions }) => extensions['code'])).toEqual(['SUBGRAPH_TIMEOUT']);
  expect(one.requests).toHaveLength(1);
  answer();
  expect(await patient).toEqual({ data: { a: 'A' } });
});

test('who joins an operation that may take longer waits no longer than its own persona has', async () => {
  await using gateway = await startGateway({
    config: {
      personas: {
        patient: { match: { clients: [{ name: 'patient' }] }, deadline: '9s' },
        quick: { match: { default: true }, deadline: '500ms' },
      },
      // Nothing tells the subgraph who it is, so that answers are the same for both.
      execution: { sharing: { fetches: false }, replay: '0B', subgraphs: { all: { identity: false } } },
    },
    subgraphs: { one: { typeDefs } },
  });
  const { one } = gateway.subgraphs;
  let answer = (): void => {};
  one.respond = (_, response) => {
    answer = () => sendJson(response, { data: DATA });
  };
  const patient = gateway.ask('{ a }', {}, { 'graphql-client-name': 'patient' });
  await vi.waitFor(() => expect(one.requests).toHaveLength(1), { timeout: 5_000, interval: 5 });
  using time = startOwnTime();
  const { errors } = await gateway.ask('{ a }');
  expect(time.ms).toBeLessThan(4_000);
  expect(errors?.map(({ extensions }) => extensions['code'])).toEqual(['DEADLINE_EXCEEDED']);
  expect(one.requests).toHaveLength(1);
  answer();
  expect(await patient).toEqual({ data: { a: 'A' } });
});
