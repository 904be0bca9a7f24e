import { describe, expect, test, vi } from 'vitest';
import { sendJson } from '../support/fake-subgraph.ts';
import { createGate } from '../support/gate.ts';
import { ANONYMOUS, type GuardedGateway, refusals, startGuarded, unauthorized } from './guarded-graph.ts';

const QUERY = '{ me { name email } }';
const FULL = { me: { name: 'Ada', email: 'ada@example.org' } };
const PART = { me: { name: 'Ada', email: null } };
const ENTITLED = { sub: 'u-1', scope: 'read:email' };
const OTHER = { sub: 'u-1', scope: 'read:pay' };

async function expectPart(graph: GuardedGateway, answer = graph.ask(QUERY, OTHER)): Promise<void> {
  const result = await answer;
  expect(result.data).toEqual(PART);
  expect(refusals(result)).toEqual(unauthorized('me.email'));
}

describe('a plan that is cached', () => {
  test('for somebody who may is none for somebody who may not, nor the other way round', async () => {
    await using graph = await startGuarded();
    for (let round = 0; round < 3; round++) {
      expect((await graph.ask(QUERY, ENTITLED)).data).toEqual(FULL);
      await expectPart(graph);
    }
    await using reverse = await startGuarded();
    for (let round = 0; round < 3; round++) {
      await expectPart(reverse);
      expect((await reverse.ask(QUERY, ENTITLED)).data).toEqual(FULL);
    }
  });

  test('serves everybody with equal rights', async () => {
    await using graph = await startGuarded();
    await graph.ask(QUERY, { sub: 'a', scope: 'read:email' });
    await graph.ask(QUERY, { sub: 'b', scope: 'read:email other' });
    await graph.ask(QUERY, { sub: 'c' });
    await graph.ask(QUERY, { sub: 'd', scope: 'other' });
    expect(await graph.metric('weir_plan_duration_seconds_count{planner="native"}')).toBe(2);
  });

  test('is pushed out and made again with the same fields taken out', async () => {
    await using graph = await startGuarded({
      config: { operation: { planCache: '1B', documentCache: '1B' } },
    });
    for (let round = 0; round < 3; round++) {
      await expectPart(graph);
      await graph.ask('{ motto }', OTHER);
      expect((await graph.ask(QUERY, ENTITLED)).data).toEqual(FULL);
    }
  });
});

describe('a document that is parsed again loses nothing of what is denied', () => {
  test('when nothing else is forgotten', async () => {
    await using graph = await startGuarded({ config: { operation: { documentCache: '1B' } } });
    expect((await graph.ask(QUERY, ENTITLED)).data).toEqual(FULL);
    await expectPart(graph);
    await expectPart(graph);
  });

  test('when another persona with the same contract has sent it', async () => {
    const personas = {
      web: { match: { claims: { aud_client: 'web' } } },
      public: { match: { default: true } },
    };
    await using graph = await startGuarded({ config: { personas } });
    const web = { ...ENTITLED, aud_client: 'web' };
    expect((await graph.ask(QUERY, web)).data).toEqual(FULL);
    await expectPart(graph);
    await expectPart(graph, graph.ask(QUERY, { ...OTHER, aud_client: 'web' }));
  });

  test('when it comes twice at the same moment', async () => {
    await using graph = await startGuarded();
    const answers = [ENTITLED, OTHER, ANONYMOUS, OTHER].map(asker => graph.ask(QUERY, asker));
    expect((await Promise.all(answers)).map(({ data }) => data)).toEqual([FULL, PART, PART, PART]);
  });
});

/** Subgraphs answer when `open` is called: what comes before is in flight together. */
function gate(graph: GuardedGateway): () => void {
  const { opened, open } = createGate();
  const accounts = graph.subgraphs['accounts'];
  if (accounts === undefined) throw new Error('there is no such subgraph');
  accounts.respond = async ({ query }, response) => {
    await opened;
    const { me } = FULL;
    sendJson(response, { data: { me: query.includes('email') ? me : { name: me.name } } });
  };
  return () => open();
}

describe('in flight at the same time', () => {
  test.each([
    ['operations and requests are shared', { operations: true, fetches: true }, 2],
    ['only requests are', { operations: false, fetches: true }, 2],
    ['only operations are', { operations: true, fetches: false }, 2],
    ['nothing is', { operations: false, fetches: false }, 6],
  ])('nobody gets the answer of other rights where %s', async (_name, sharing, expected) => {
    await using graph = await startGuarded({ config: { execution: { sharing } } });
    const open = gate(graph);
    const askers = [ENTITLED, OTHER, ENTITLED, OTHER, { ...ENTITLED, scope: 'b read:email' }, { sub: 'u-1' }];
    const answers = askers.map(asker => graph.ask(QUERY, asker));
    await vi.waitFor(() => expect(graph.requests()).toBe(expected), 5_000);
    // Whoever comes later has passed all that the others had to pass.
    for (let round = 0; round < 3; round++) await graph.ask('{ __typename }', OTHER);
    expect(graph.requests()).toBe(expected);
    open();
    const data = (await Promise.all(answers)).map(answer => answer.data);
    expect(data).toEqual([FULL, PART, FULL, PART, FULL, PART]);
  });

  test('what is denied with other words is another answer', async () => {
    const rules = `
      import { rule } from 'graphql-shield';
      const speaks = rule({ cache: 'contextual' })((_p, _a, { caller }) => 'not for ' + caller.tier);
      export const permissions = { User: { card: speaks } };
    `;
    await using graph = await startGuarded({ rules });
    const open = gate(graph);
    const tiers = ['free', 'premium'].map(tier => graph.ask('{ me { name card } }', { sub: 'u-1', tier }));
    await vi.waitFor(() => expect(graph.requests()).toBe(1), 5_000);
    open();
    const told = (await Promise.all(tiers)).map(({ errors }) => errors?.map(({ message }) => message));
    expect(told).toEqual([['not for free'], ['not for premium']]);
  });
});

test('what is replayed for one caller is not for another of other rights', async () => {
  await using graph = await startGuarded({ config: { execution: { replay: '1MiB' } } });
  for (let round = 0; round < 4; round++) expect((await graph.ask(QUERY, ENTITLED)).data).toEqual(FULL);
  for (let round = 0; round < 4; round++) await expectPart(graph);
  for (let round = 0; round < 2; round++) {
    expect((await graph.ask(QUERY, ENTITLED)).data).toEqual(FULL);
    await expectPart(graph, graph.ask(QUERY, ANONYMOUS));
  }
});
