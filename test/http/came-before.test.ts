import { type AddressInfo, connect } from 'node:net';
import { expect, test, vi } from 'vitest';
import { sendJson } from '../support/fake-subgraph.ts';
import { startGateway } from '../support/start-gateway.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { handClock } from '../support/test-identity.ts';
import { startTwins } from './twins.ts';

const post = (body: object) => ({
  method: 'POST',
  url: '/graphql',
  headers: { 'content-type': 'application/json', 'x-request-id': 'r' },
  payload: JSON.stringify(body),
});

test('a document that could not be reported at first is reported when it comes again', async () => {
  const clock = handClock();
  await using folder = await temporaryFolder({ 'm.json': '{"word":"{ word }"}' });
  await using gateway = await startGateway({
    clock,
    folder: folder.path,
    config: {
      personas: {
        logs: { match: { default: true }, documents: { mode: 'log-unknown', manifests: ['m.json'] } },
      },
    },
    subgraphs: { a: { typeDefs: 'type Query { word: String }', resolvers: { Query: { word: () => 'x' } } } },
  });
  const reported = () =>
    gateway.log.filter(({ message }) => message === 'a document is in no manifest').length;
  const askAll = async () => {
    for (let i = 0; i < 80; i++) await gateway.ask(`{ a${i}: word }`);
  };
  await askAll();
  expect(reported()).toBe(60);
  clock.at += 60_000;
  await askAll();
  expect(reported()).toBe(80);
});

const RULES = `
  import { rule } from 'graphql-shield';
  const owned = rule({ cache: 'no_cache' })((_p, args, { caller }, info) => {
    for (const written of [args.where, info.variableValues.where, args.list?.[0]])
      try { if (written) written.owner ??= caller.kind + Math.random(); } catch { }
    return true;
  });
  export const permissions = { Query: { found: owned } };
`;

test('what a rule writes into arguments is seen by no request that comes later', async () => {
  await using folder = await temporaryFolder({ 'rules.ts': RULES });
  await using gateway = await startGateway({
    folder: folder.path,
    config: { policy: { authorization: { rules: 'rules.ts' } } },
    subgraphs: {
      a: {
        typeDefs: `input Where { owner: String word: String }
          type Query { found(where: Where = { word: "a" }, list: [Where]): String }`,
        resolvers: { Query: { found: (_: unknown, args: object) => JSON.stringify(args) } },
      },
    },
  });
  const query = 'query($where: Where, $list: [Where]) { found(where: $where, list: $list) }';
  for (const variables of [{ where: { word: 'b' } }, { list: [{ word: 'c' }] }, {}]) {
    for (let time = 0; time < 3; time++) {
      const { data } = await gateway.ask(query, variables);
      expect(data?.['found'], JSON.stringify(variables)).not.toContain('owner');
    }
  }
});

test('a mutation that was run says so, whatever schema there is by then', async () => {
  const typeDefs = (field: string) =>
    `type Query { word: String } type Mutation { ${field}(by: Int): Int other: Int }`;
  await using twins = await startTwins({
    clock: handClock(),
    config: {},
    subgraph: () => ({
      typeDefs: typeDefs('add'),
      resolvers: { Mutation: { add: () => 1, other: () => 2 } },
    }),
  });
  const mutation = (by: number) =>
    post({ query: 'mutation Add($by: Int) { add(by: $by) other }', variables: { by } });
  await twins.ask(mutation(1));
  await twins.ask(mutation(2));
  for (const { subgraph, publish } of twins.pair) {
    subgraph.respond = async (_, response) => {
      await publish(typeDefs('subtract'));
      sendJson(response, { data: { add: 7, other: null }, errors: [{ message: 'no', path: ['other'] }] });
    };
  }
  const [familiar, usual] = await twins.ask(mutation(3));
  expect(familiar).toEqual(usual);
  expect(JSON.parse(familiar.body)).toMatchObject({ data: { add: 7 } });
});

test('variables are weighed as they have grown with their defaults, and what is too large is not remembered', async () => {
  const fields = Array.from({ length: 40 }, (_, i) => `field${i}: Int = ${i}`);
  await using gateway = await startGateway({
    config: { operation: { documentCache: '1MiB' } },
    subgraphs: {
      a: {
        typeDefs: `input Large { ${fields.join(' ')} } type Query { count(of: [Large!]): Int }`,
        resolvers: { Query: { count: (_: unknown, { of }: { of: readonly object[] }) => of.length } },
      },
    },
  });
  const query = 'query($of: [Large!]) { count(of: $of) }';
  const known = async (count: number): Promise<boolean> => {
    const text = JSON.stringify({ query, variables: { of: Array(count).fill({}) } });
    const ask = () => gateway.gateway.app.inject({ ...post({}), payload: text } as object);
    await ask();
    const parsing = vi.spyOn(JSON, 'parse');
    expect((await ask()).json()).toEqual({ data: { count } });
    const isParsed = parsing.mock.calls.some(([parsed]) => parsed === text);
    parsing.mockRestore();
    return !isParsed;
  };
  expect(await known(2)).toBe(true);
  expect(await known(1_000)).toBe(false);
});

const SHOP = {
  typeDefs: 'type Query { word: String other: String }',
  resolvers: { Query: { word: () => 'w', other: () => 'o' } },
};
const LIMITED = {
  policy: {
    rateLimit: { limits: { each: { limit: 100, window: '1h' as const, spend: 'cost' as const } } },
    cost: { weights: { 'Query.word': 7 } },
  },
};

test('what is asked for again while the gateway ends closes its connection, too', async () => {
  await using twins = await startTwins({ clock: handClock(), config: LIMITED, subgraph: () => SHOP });
  const again = post({ query: '{ word }' });
  const before = await twins.ask(again);
  for (const { gateway } of twins.pair) gateway.beginShutdown();
  const [familiar, usual] = await twins.ask(again);
  expect([before[0].headers['connection'], familiar.headers['connection']]).toEqual(['keep-alive', 'close']);
  expect(familiar).toEqual(usual);
});

test('who leaves before the answer to what came before is charged the same, once', async () => {
  await using twins = await startTwins({ clock: handClock(), config: LIMITED, subgraph: () => SHOP });
  const again = post({ query: '{ word }' });
  await twins.ask(again);
  for (const { gateway, subgraph } of twins.pair) {
    const cut = vi.fn();
    subgraph.respond = (_seen, response) => void response.on('close', cut);
    await gateway.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = gateway.app.server.address() as AddressInfo;
    const asked = subgraph.requests.length;
    const { payload } = again;
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(
        `POST /graphql HTTP/1.1\r\nhost: g\r\ncontent-type: application/json\r\ncontent-length: ${payload.length}\r\n\r\n${payload}`,
      ),
    );
    await vi.waitFor(() => expect(subgraph.requests.length).toBe(asked + 1), 5_000);
    socket.destroy();
    await vi.waitFor(() => expect(cut).toHaveBeenCalled(), 5_000);
    subgraph.respond = undefined;
  }
  const [familiar, usual] = await twins.ask(post({ query: '{ other }' }));
  expect(familiar).toEqual(usual);
  const [one, other] = twins.pair;
  await vi.waitFor(async () => expect(await one.counts()).toEqual(await other.counts()), 5_000);
});
