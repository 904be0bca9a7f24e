import { describe, expect, test } from 'vitest';
import { ANONYMOUS, answerOf, startGuarded } from './guarded-graph.ts';

const QUERY = '{ me { name mail: email boss { salary } } }';

describe('in the mode reject', () => {
  test('nothing of an operation is run of which something is denied', async () => {
    await using graph = await startGuarded({ mode: 'reject' });
    const response = await graph.post({ query: QUERY }, { sub: 'u-1' });
    expect(response.status).toBe(403);
    expect(response.headers.get('www-authenticate')).toBeNull();
    const { data, errors } = await answerOf(response);
    expect(data).toBeUndefined();
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'FORBIDDEN',
      unauthorizedPaths: [
        ['me', 'mail'],
        ['me', 'boss', 'salary'],
      ],
    });
    expect(graph.requests()).toBe(0);
  });

  test('who has no credential is told to bring one', async () => {
    await using graph = await startGuarded({ mode: 'reject' });
    const response = await graph.post({ query: '{ motto vault { id } vault { gold } }' }, ANONYMOUS);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="weir"');
    const { errors } = await answerOf(response);
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'UNAUTHENTICATED',
      unauthorizedPaths: [['vault']],
    });
    expect(graph.requests()).toBe(0);
  });

  test('a mutation beside a denied one is not run', async () => {
    await using graph = await startGuarded({ mode: 'reject' });
    const response = await graph.post({ query: 'mutation { rename(name: "Eve") { name } promote }' });
    expect(response.status).toBe(403);
    expect(graph.requests()).toBe(0);
  });

  test('what a condition leaves out was not asked for', async () => {
    await using graph = await startGuarded({ mode: 'reject' });
    const query = `query ($v: Boolean!) { me { name ...F email @include(if: $v) ... @skip(if: true) { salary } } }
      fragment F on User { ghost @include(if: $v) }`;
    expect(await graph.ask(query, {}, { v: false })).toEqual({ data: { me: { name: 'Ada' } } });
    const { errors } = await graph.ask(query, {}, { v: true });
    expect(errors?.[0]?.extensions?.['unauthorizedPaths']).toEqual([
      ['me', 'ghost'],
      ['me', 'email'],
    ]);
    expect(graph.asked()).not.toMatch(/email|ghost|salary/);
  });

  test('who may see everything is answered', async () => {
    await using graph = await startGuarded({ mode: 'reject' });
    const answer = await graph.ask(QUERY, { scope: 'read:email admin' });
    expect(answer).toEqual({ data: { me: { name: 'Ada', mail: 'ada@example.org', boss: { salary: 100 } } } });
  });
});

describe('in the mode dry-run', () => {
  test('everybody is answered in full, and what would be denied is counted', async () => {
    await using graph = await startGuarded({ mode: 'dry-run' });
    const full = { data: { me: { name: 'Ada', mail: 'ada@example.org', boss: { salary: 100 } } } };
    for (let round = 0; round < 3; round++) expect(await graph.ask(QUERY, ANONYMOUS)).toEqual(full);
    expect(await graph.metric('weir_authorization_denials_total{mode="dry-run"}')).toBe(3);
  });

  test('neither is counted what is allowed, nor what a condition leaves out', async () => {
    await using graph = await startGuarded({ mode: 'dry-run' });
    await graph.ask(QUERY, { scope: 'read:email admin' });
    await graph.ask('query ($v: Boolean!) { me { name email @include(if: $v) } }', {}, { v: false });
    expect(await graph.metric('weir_authorization_denials_total{mode="dry-run"}')).toBeNaN();
  });
});

test('in the mode filter, denials are counted and told to the debug log without what was asked for', async () => {
  await using graph = await startGuarded();
  await graph.ask('query Mine { me { name email } }', { sub: 'u-7' });
  expect(await graph.metric('weir_authorization_denials_total{mode="filter"}')).toBe(1);
  const line = graph.gateway.log.find(({ message }) => message === 'fields were denied');
  expect(line).toMatchObject({
    level: 'debug',
    fields: { mode: 'filter', operation: 'Mine', subject: 'u-7', fields: 1 },
  });
});
