import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { answerOf, type GuardedGateway, refusals, startGuarded, unauthorized } from './guarded-graph.ts';

let graph: GuardedGateway;
beforeAll(async () => {
  graph = await startGuarded();
});
afterAll(() => graph[Symbol.asyncDispose]());
beforeEach(() => {
  for (const { requests } of Object.values(graph.subgraphs)) requests.length = 0;
});

test('a denied mutation reaches no subgraph; those beside it do', async () => {
  const answer = await graph.ask('mutation { rename(name: "Eve") { name } promote }');
  expect(answer.data).toEqual({ rename: { name: 'Eve' }, promote: null });
  expect(refusals(answer)).toEqual(unauthorized('promote'));
  expect(graph.asked()).not.toContain('promote');
  expect(graph.requests()).toBe(1);
});

test.each<[string, string, unknown, readonly string[]]>([
  ['its result may be null', 'mutation { payLater { id amount } }', { payLater: null }, ['payLater.amount']],
  ['its result may not be null', 'mutation { pay { id amount } }', null, ['pay.amount']],
  [
    'another selection of it could be given',
    'mutation { payLater { amount } payLater { id } }',
    { payLater: null },
    ['payLater.amount'],
  ],
  [
    'a fragment selects the rest of it',
    'mutation { ...A payLater { id } } fragment A on Mutation { ...B } fragment B on Mutation { payLater { amount } }',
    { payLater: null },
    ['payLater.amount'],
  ],
  [
    'a condition selects the rest of it',
    'mutation ($v: Boolean = true) { payLater @include(if: $v) { id } payLater { amount } }',
    { payLater: null },
    ['payLater.amount'],
  ],
])('a mutation whose result could not be given is not run: %s', async (_name, query, data, denied) => {
  const answer = await graph.ask(query);
  expect(answer.data).toEqual(data);
  expect(refusals(answer)).toEqual(unauthorized(...denied));
  expect(graph.requests()).toBe(0);
});

test('no mutation is run when a null of one reaches the root', async () => {
  const answer = await graph.ask('mutation { rename(name: "Eve") { id } pay { amount } }');
  expect(answer.data).toBeNull();
  expect(refusals(answer)).toEqual(unauthorized('pay.amount'));
  expect(graph.requests()).toBe(0);
});

test('a selection that a condition takes away takes nothing with it', async () => {
  const query = 'mutation ($v: Boolean!) { payLater @include(if: $v) { amount } payLater { id } }';
  expect(await graph.ask(query, {}, { v: false })).toEqual({ data: { payLater: { id: 'pay-2' } } });
});

test('each operation of a document is judged for itself', async () => {
  const query = 'mutation M { payLater { amount } } query Q { me { name } } query S { me { name email } }';
  const answers = await Promise.all(
    ['M', 'Q', 'S'].map(async operationName => answerOf(graph.post({ query, operationName }))),
  );
  expect(answers.map(({ data }) => data)).toEqual([
    { payLater: null },
    { me: { name: 'Ada' } },
    { me: { name: 'Ada', email: null } },
  ]);
  expect(graph.asked()).not.toMatch(/payLater|email/);
  // With every right, each of them does what it says.
  const all = { scope: 'admin read:email' };
  const full = await answerOf(graph.post({ query, operationName: 'M' }, all));
  expect(full).toEqual({ data: { payLater: { amount: 6 } } });
});
