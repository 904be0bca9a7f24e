import { setTimeout as macrotask } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { compileForwarding, NOTHING_FORWARDED } from '../../../src/execution/fetch/forward.ts';
import { shareInFlight } from '../../../src/execution/fetch/share.ts';
import type {
  SubgraphFetch,
  SubgraphReply,
  SubgraphRequest,
} from '../../../src/execution/fetch/subgraph-fetch.ts';
import { startGateway } from '../../support/start-gateway.ts';

interface Pending {
  readonly request: SubgraphRequest;
  resolve(reply: SubgraphReply): void;
  reject(error: unknown): void;
}

/** A fetch whose replies the test sends, behind sharing, with a clock that the test moves. */
function sharing(): {
  ask: SubgraphFetch;
  sent: Pending[];
  shared: string[];
  clock: { now(): number; elapsed(): number; at: number };
} {
  const sent: Pending[] = [];
  const shared: string[] = [];
  const clock = { at: 0, now: () => clock.at, elapsed: () => clock.at };
  const next: SubgraphFetch = request =>
    new Promise((resolve, reject) => void sent.push({ request, resolve, reject }));
  return {
    ask: shareInFlight(next, {
      clock,
      onShared: name => void shared.push(name),
      neverShared: new Set(['cookies']),
    }),
    sent,
    shared,
    clock,
  };
}

function request(changes: Partial<SubgraphRequest> = {}, deadlineAt = 1_000): SubgraphRequest {
  const context = {
    deadlineAt,
    requestId: String(Math.random()),
    traceparent: null,
    forwarded: NOTHING_FORWARDED,
  };
  return { subgraph: 'a', operationKind: 'query', body: '{"query":"{a}"}', context, ...changes };
}

const REPLY = { status: 200, headers: {}, body: Buffer.from('{"data":{"a":1}}') };

describe('subgraph requests in flight', () => {
  test('are one if subgraph and body are equal', async () => {
    const { ask, sent, shared } = sharing();
    const replies = [ask(request()), ask(request())];
    sent[0]?.resolve(REPLY);
    expect(await Promise.all(replies)).toEqual([REPLY, REPLY]);
    expect(sent).toHaveLength(1);
    expect(shared).toEqual(['a']);
  });

  test.each<[string, Partial<SubgraphRequest>]>([
    ['another subgraph', { subgraph: 'b' }],
    ['another body', { body: '{"query":"{b}"}' }],
    ['a name and body that look alike when joined', { subgraph: 'a {"query":"{a}"}', body: '' }],
    ['a mutation', { operationKind: 'mutation' }],
  ])('are apart for %s', async (_name, changes) => {
    const { ask, sent } = sharing();
    void ask(request());
    void ask(request(changes));
    expect(sent).toHaveLength(2);
  });

  test('are apart for callers of whom this subgraph is told different things', () => {
    const { ask, sent } = sharing();
    const ofCaller = (subject: string, subgraph: string): SubgraphRequest => {
      const { context } = request();
      const facts = { subject, roles: new Set<string>(), tenant: null, persona: null, claims: {} };
      return request({ subgraph, context: { ...context, forwarded: forward({ facts, headers: {} }) } });
    };
    const headers = { request: [] };
    const forward = compileForwarding(
      new Map([
        ['told', { identity: true, headers }],
        ['untold', { identity: false, headers }],
      ]),
    );
    for (const subject of ['ada', 'eve', 'ada']) {
      void ask(ofCaller(subject, 'told'));
      void ask(ofCaller(subject, 'untold'));
    }
    expect(sent.map(({ request: { subgraph } }) => subgraph)).toEqual(['told', 'untold', 'told']);
    expect(sent[2]?.request.context.forwarded.headersFor('told')).toEqual(['x-user-id', 'eve']);
  });

  test('are apart for mutations and for very long bodies', () => {
    const { ask, sent } = sharing();
    for (const changes of [{ operationKind: 'mutation' }, { body: 'x'.repeat(300_000) }] as const) {
      void ask(request(changes));
      void ask(request(changes));
    }
    expect(sent).toHaveLength(4);
  });

  test('are apart where the subgraph may send cookies', () => {
    const { ask, sent } = sharing();
    for (let count = 0; count < 2; count++) void ask(request({ subgraph: 'cookies' }));
    expect(sent).toHaveLength(2);
  });

  test('are not joined once a mutation has ended that they may not have seen', async () => {
    const { ask, sent } = sharing();
    void ask(request());
    const mutation = ask(request({ operationKind: 'mutation' }));
    void ask(request());
    expect(sent).toHaveLength(2);
    sent[1]?.reject(new GatewayError('SUBGRAPH_TIMEOUT'));
    await expect(mutation).rejects.toThrow();
    void ask(request());
    expect(sent).toHaveLength(3);
  });

  test('fail together, and the next one is sent anew', async () => {
    const { ask, sent } = sharing();
    const replies = [ask(request()), ask(request())];
    sent[0]?.reject(new GatewayError('SUBGRAPH_TIMEOUT'));
    for (const reply of replies) await expect(reply).rejects.toMatchObject({ code: 'SUBGRAPH_TIMEOUT' });
    const again = ask(request());
    sent[1]?.resolve(REPLY);
    expect(await again).toEqual(REPLY);
  });

  test('do not make a fresh request hang on one that is about to run out of time', async () => {
    const { ask, sent, clock } = sharing();
    const old = ask(request({}, 1_000));
    clock.at = 900;
    const fresh = ask(request({}, 1_900));
    const alsoFresh = ask(request({}, 1_900));
    expect(sent).toHaveLength(2);
    sent[0]?.reject(new GatewayError('SUBGRAPH_TIMEOUT'));
    await expect(old).rejects.toThrow();
    const later = ask(request({}, 1_900));
    expect(sent).toHaveLength(2);
    sent[1]?.resolve(REPLY);
    expect(await Promise.all([fresh, alsoFresh, later])).toEqual([REPLY, REPLY, REPLY]);
    void ask(request({}, 1_900));
    expect(sent).toHaveLength(3);
  });
});

const people = {
  typeDefs: 'type Query { people: [Person!]! } type Person @key(fields: "id") { id: ID! name: String }',
  resolvers: {
    Query: {
      people: () => [
        { id: 1, name: 'Ada' },
        { id: 1, name: 'Ada' },
      ],
    },
  },
};
const posts = {
  typeDefs: 'type Person @key(fields: "id") { id: ID! posts: [Post!]! } type Post { title: String }',
  resolvers: {
    Person: { __resolveReference: ({ id }: { id: string }) => ({ id, posts: [{ title: 't' }] }) },
  },
};
const pay = {
  typeDefs: 'type Person @key(fields: "id") { id: ID! pay: Int }',
  resolvers: { Person: { __resolveReference: ({ id }: { id: string }) => ({ id, pay: 7 }) } },
};

test('two callers who share replies merge other things into copies of their own', async () => {
  await using gateway = await startGateway({ subgraphs: { people, posts, pay } });
  const rounds = Array.from({ length: 10 }, async () => {
    const [more, less, renamed] = await Promise.all([
      gateway.ask('{ people { name posts { title } pay } }', {}, { authorization: 'a' }),
      gateway.ask('{ people { name posts { title } } }', {}, { authorization: 'b' }),
      gateway.ask('{ people { title: name pay } }', {}, { authorization: 'c' }),
    ]);
    const person = { name: 'Ada', posts: [{ title: 't' }], pay: 7 };
    expect(more).toEqual({ data: { people: [person, person] } });
    const { pay: _, ...poorer } = person;
    expect(less).toEqual({ data: { people: [poorer, poorer] } });
    expect(renamed).toEqual({
      data: {
        people: [
          { title: 'Ada', pay: 7 },
          { title: 'Ada', pay: 7 },
        ],
      },
    });
  });
  await Promise.all(rounds);
});

test('a caller whose request fails leaves the others who shared replies with it whole', async () => {
  await using gateway = await startGateway({ subgraphs: { people, posts, pay } });
  gateway.subgraphs.pay.respond = (_seen, response) => void response.writeHead(503).end();
  const [broken, whole] = await Promise.all([
    gateway.ask('{ people { name pay } }', {}, { authorization: 'a' }),
    gateway.ask('{ people { name } }', {}, { authorization: 'b' }),
  ]);
  expect(broken.data).toEqual({
    people: [
      { name: 'Ada', pay: null },
      { name: 'Ada', pay: null },
    ],
  });
  expect(whole).toEqual({ data: { people: [{ name: 'Ada' }, { name: 'Ada' }] } });
});

test('memory does not grow with the requests that have been shared', async () => {
  const { ask, sent } = sharing();
  const batch = async (from: number): Promise<void> => {
    for (let count = from; count < from + 20_000; count++) {
      const body = `{"query":"{a}","variables":{"n":${count},"filler":"${'x'.repeat(500)}"}}`;
      const reply = ask(request({ body }));
      sent.pop()?.resolve(REPLY);
      await reply;
    }
    await macrotask(0);
  };
  await batch(0);
  const before = process.memoryUsage().heapUsed;
  await batch(20_000);
  // Kept keys alone would be 10 MB; the rest is what the collector has not come round to.
  expect((process.memoryUsage().heapUsed - before) / 1024 ** 2).toBeLessThan(60);
});
