import { describe, expect, it } from 'vitest';
import { createDocumentCache } from '../../subgraphs/shared/document-cache.ts';
import { startSubgraph } from '../../subgraphs/start-subgraph.ts';
import { createMonolith } from '../support/monolith.ts';
import { ask, post } from './ask.ts';

describe('a subgraph', () => {
  it('answers health checks and 404 for paths it does not know', async () => {
    await using users = await startSubgraph('users', { port: 0 });
    const base = `http://127.0.0.1:${users.port}`;
    expect(await (await fetch(`${base}/health`)).json()).toEqual({ status: 'ok' });
    expect((await fetch(`${base}/nowhere`)).status).toBe(404);
  });

  it.each([
    [
      'something that is not JSON',
      { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } },
      400,
    ],
    ['a list', { method: 'POST', body: '[]', headers: { 'content-type': 'application/json' } }, 400],
    ['no query', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }, 400],
    [
      'another media type',
      { method: 'POST', body: '{"query":"{me{id}}"}', headers: { 'content-type': 'text/plain' } },
      415,
    ],
    ['GET', { method: 'GET' }, 405],
    [
      'a body beyond four megabytes',
      { method: 'POST', body: ' '.repeat(4_194_305), headers: { 'content-type': 'application/json' } },
      413,
    ],
  ])('refuses %s', async (_, init, status) => {
    await using users = await startSubgraph('users', { port: 0 });
    const response = await fetch(users.url, init);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  it('answers 400 to a document that is not valid, and 200 with errors to one that fails', async () => {
    await using users = await startSubgraph('users', { port: 0 });
    expect((await post(users.url, { query: '{ nothing }' })).status).toBe(400);
    expect((await post(users.url, { query: '{ me' })).status).toBe(400);
    expect((await post(users.url, { query: '{ me { id } }', operationName: 'Other' })).status).toBe(400);
    expect((await post(users.url, { query: '{ users(first: -1) { totalCount } }' })).status).toBe(200);
  });

  it('takes the caller from x-user-id, and has none without it', async () => {
    await using users = await startSubgraph('users', { port: 0 });
    const query = '{ me { id } }';
    expect(await ask(users, { query })).toEqual({ data: { me: null } });
    expect((await ask(users, { query, callerId: 'u-5' })).data).toEqual({ me: { id: 'u-5' } });
    expect((await ask(users, { query, callerId: 'u-0' })).data).toEqual({ me: null });
  });

  it('counts requests and keeps the newest hundred with their headers', async () => {
    await using users = await startSubgraph('users', { port: 0 });
    for (let n = 1; n <= 101; n += 1) await ask(users, { query: `{ me { id } } # ${n}`, callerId: `u-${n}` });
    expect(users.requests).toBe(101);
    expect(users.lastOperations).toHaveLength(100);
    expect(users.lastOperations[0]?.query).toBe('{ me { id } } # 2');
    expect(users.lastOperations.at(-1)?.headers['x-user-id']).toBe('u-101');
  });

  it('gives each start data of its own', async () => {
    await using one = await startSubgraph('products', { port: 0 });
    await using two = await startSubgraph('products', { port: 0 });
    const query = 'mutation { addReview(input: { productId: "p-1", rating: 5 }) { id } }';
    await ask(one, { query, callerId: 'u-1' });
    const review = { query: '{ review(id: "r-3001") { rating } }' };
    expect((await ask(one, review)).data).toEqual({ review: { rating: 5 } });
    expect((await ask(two, review)).data).toEqual({ review: null });
  });
});

describe('the document cache', () => {
  it('prepares a document once and forgets the least recently used', () => {
    const prepare = createDocumentCache(createMonolith().schema);
    const first = prepare('{ me { id } }');
    for (let n = 0; n < 499; n += 1) prepare(`{ me { id } } # ${n}`);
    expect(prepare('{ me { id } }')).toBe(first);
    // One more than fits: what goes is the oldest of the others, not what was just used.
    prepare('{ me { id } } # one more');
    expect(prepare('{ me { id } }')).toBe(first);
    for (let n = 0; n < 500; n += 1) prepare(`{ me { id } } # again ${n}`);
    expect(prepare('{ me { id } }')).not.toBe(first);
  });

  it('stops at a document of too many tokens', () => {
    const prepare = createDocumentCache(createMonolith().schema);
    const listOf = (count: number) => `{ profiles(ids: [${'"u-1" '.repeat(count)}]) { id } }`;
    expect(prepare(listOf(19_000)).kind).toBe('valid');
    expect(prepare(listOf(20_000)).kind).toBe('invalid');
  });
});
