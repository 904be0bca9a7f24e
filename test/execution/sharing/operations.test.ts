import { describe, expect, test, vi } from 'vitest';
import type { FakeSubgraph, Respond } from '../../support/fake-subgraph.ts';
import { createGate } from '../../support/gate.ts';
import { PATIENCE } from '../../support/patience.ts';
import {
  graphqlRequest,
  startGateway,
  type TestGateway,
  type TestGatewayOptions,
} from '../../support/start-gateway.ts';

const typeDefs = `
  type Query { word(of: ID, count: Int, range: Range): String strict: String! }
  type Mutation { word: String }
  input Range { from: Int to: Int = 9 }
`;

type Shop = TestGateway<'shop'>;

/** Answers nothing until it is told to, with a number that rises, so that two runs never look alike. */
function gated(): { readonly shop: FakeSubgraph; open(): void } {
  const { opened: gate, open } = createGate();
  let count = 0;
  const respond: Respond = async (_seen, response) => {
    const data = { word: `answer ${++count}`, a: `answer ${count}`, strict: 'x' };
    await gate;
    response.end(JSON.stringify({ data }));
  };
  return { shop: { typeDefs, respond }, open: () => open() };
}

interface Asked {
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

const FORWARDED = ['authorization', 'x-api-key', 'cookie'];
const NO_FETCHES: TestGatewayOptions<never>['config'] = {
  execution: {
    sharing: { fetches: false },
    subgraphs: { all: { headers: { request: FORWARDED.map(name => ({ propagate: { name } })) } } },
  },
};

/** Asks at the same time and says how many requests reached the subgraph. */
async function together(
  asked: readonly Asked[],
  config = NO_FETCHES,
): Promise<{ sent: number; texts: Set<string> }> {
  const { shop, open } = gated();
  await using gateway: Shop = await startGateway({
    subgraphs: { shop },
    ...(config === undefined ? {} : { config }),
  });
  const answers = asked.map(({ body, headers = {} }) => gateway.handle(graphqlRequest(body, headers)));
  // Every request has passed the pipeline once one that came after them is answered.
  for (let count = 0; count < 3; count++) await gateway.ask('{ __typename }');
  open();
  const texts = await Promise.all(answers.map(async answer => (await answer).text()));
  return { sent: gateway.requestCount(), texts: new Set(texts) };
}

const WORD = { query: '{ word }' };
const BY_ID = 'query ($v: ID) { word(of: $v) }';
const BY_COUNT = 'query ($v: Int) { word(count: $v) }';
const BY_RANGE = 'query ($v: Range) { word(range: $v) }';
const TWO = 'query A { word } query B { word }';

describe('one execution answers', () => {
  test.each<[string, readonly Asked[]]>([
    ['equal queries', [{ body: WORD }, { body: WORD }]],
    [
      'an ID as number and as text',
      [{ body: { query: BY_ID, variables: { v: 1 } } }, { body: { query: BY_ID, variables: { v: '1' } } }],
    ],
    [
      'input objects in any order',
      [
        { body: { query: BY_RANGE, variables: { v: { from: 1, to: 9 } } } },
        { body: { query: BY_RANGE, variables: { v: { to: 9, from: 1 } } } },
        { body: { query: BY_RANGE, variables: { v: { from: 1 } } } },
      ],
    ],
    [
      'equal forwarded headers',
      [
        { body: WORD, headers: { authorization: 'a' } },
        { body: WORD, headers: { authorization: 'a' } },
      ],
    ],
    [
      'headers that no subgraph gets',
      [
        { body: WORD, headers: { 'x-anything': 'a' } },
        { body: WORD, headers: { 'x-anything': 'b' } },
      ],
    ],
    [
      'requests with ids and traces of their own',
      [
        { body: WORD, headers: { 'x-request-id': 'a' } },
        { body: WORD, headers: { 'x-request-id': 'b' } },
      ],
    ],
  ])('%s', async (_name, asked) => {
    const { sent, texts } = await together(asked);
    expect(sent).toBe(1);
    expect(texts.size).toBe(1);
  });
});

describe('executions of their own answer', () => {
  test.each<[string, readonly Asked[]]>([
    ['another document', [{ body: WORD }, { body: { query: '{ word  }' } }]],
    [
      'another operation of one document',
      [{ body: { query: TWO, operationName: 'A' } }, { body: { query: TWO, operationName: 'B' } }],
    ],
    ['other variables', [1, 2, null].map(v => ({ body: { query: BY_COUNT, variables: { v } } }))],
    [
      'null and absent',
      [{ body: { query: BY_COUNT, variables: { v: null } } }, { body: { query: BY_COUNT } }],
    ],
    ['mutations', [{ body: { query: 'mutation { word }' } }, { body: { query: 'mutation { word }' } }]],
    ...FORWARDED.map((name): [string, readonly Asked[]] => [
      `another ${name} that subgraphs get`,
      [
        { body: WORD },
        { body: WORD, headers: { [name]: '' } },
        { body: WORD, headers: { [name]: 'a' } },
        { body: WORD, headers: { [name]: 'b' } },
      ],
    ]),
    ['one secret in different headers', FORWARDED.map(name => ({ body: WORD, headers: { [name]: 'a' } }))],
    [
      'credentials that look alike when joined',
      [
        { body: WORD, headers: { authorization: 'a","b', cookie: 'c' } },
        { body: WORD, headers: { authorization: 'a', 'x-api-key': 'b","c' } },
      ],
    ],
  ])('%s', async (_name, asked) => {
    const { sent, texts } = await together(asked);
    expect(sent).toBe(asked.length);
    expect(texts.size).toBe(asked.length);
  });

  test('everybody, where sharing is off', async () => {
    const config = { execution: { sharing: { operations: false, fetches: false } } };
    expect((await together([{ body: WORD }, { body: WORD }], config)).sent).toBe(2);
  });
});

describe('one request to a subgraph serves', () => {
  test('callers who do not share an execution, if subgraph and body are equal', async () => {
    const config = { execution: {} };
    const callers = ['a', 'b'].map(authorization => ({ body: WORD, headers: { authorization } }));
    expect((await together(callers, config)).sent).toBe(1);
  });

  test('no mutations', async () => {
    const mutation = { body: { query: 'mutation { word }' } };
    expect((await together([mutation, mutation], { execution: {} })).sent).toBe(2);
  });
});

test('a failure of the shared execution is everybody’s and nobody’s afterwards', async () => {
  const { shop, open } = gated();
  await using gateway = await startGateway({ subgraphs: { shop } });
  const well = gateway.subgraphs.shop.respond;
  gateway.subgraphs.shop.respond = async (seen, response) => {
    response.statusCode = 503;
    await well?.(seen, response);
  };
  const answers = [gateway.ask('{ word }'), gateway.ask('{ word }')];
  for (let count = 0; count < 3; count++) await gateway.ask('{ __typename }');
  open();
  for (const { errors } of await Promise.all(answers))
    expect(errors?.[0]?.extensions?.['code']).toBe('SUBGRAPH_UNAVAILABLE');
  expect(gateway.requestCount()).toBe(1);
  gateway.subgraphs.shop.respond = well;
  expect(await gateway.ask('{ word }')).toEqual({ data: { word: 'answer 2' } });
});

test('whoever has written reads no answer that was begun before', async () => {
  const { shop, open } = gated();
  await using gateway = await startGateway({ subgraphs: { shop } });
  const gatedRespond = gateway.subgraphs.shop.respond;
  const before = gateway.ask('{ word }');
  await vi.waitFor(() => expect(gateway.requestCount()).toBe(1), PATIENCE);
  gateway.subgraphs.shop.respond = (_seen, response) => void response.end('{"data":{"word":"written"}}');
  expect(await gateway.ask('mutation { word }')).toEqual({ data: { word: 'written' } });
  gateway.subgraphs.shop.respond = gatedRespond;
  const after = gateway.ask('{ word }');
  await vi.waitFor(() => expect(gateway.requestCount()).toBe(3), 1_000);
  open();
  expect(await before).toEqual({ data: { word: 'answer 1' } });
  expect(await after).toEqual({ data: { word: 'answer 2' } });
});

test('one after the other is never shared', async () => {
  const { shop, open } = gated();
  open();
  await using gateway = await startGateway({ subgraphs: { shop } });
  expect(await gateway.ask('{ word }')).toEqual({ data: { word: 'answer 1' } });
  expect(await gateway.ask('{ word }')).toEqual({ data: { word: 'answer 2' } });
});
