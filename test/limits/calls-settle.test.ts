import { describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import type { Respond } from '../support/fake-subgraph.ts';
import { sendJson } from '../support/fake-subgraph.ts';
import { type Limited, post, startLimited } from './limited-graph.ts';

const LIMIT = 100;

/** One bucket for everybody; what it holds does not come back while a test runs, as the clock stands still. */
function limitOn(coordinates: string[], more: { by?: string[] } = {}): GatewayConfigInput {
  const calls = { limit: LIMIT, by: [], spend: 'calls' as const, for: { coordinates }, ...more };
  return { policy: { rateLimit: { limits: { calls } } } };
}

async function left({ gateway }: Limited, query = 'limit=calls'): Promise<number> {
  const answer = await gateway.admin.inject({ method: 'GET', url: `/limits?${query}` });
  return (answer.json() as { limits: { remaining: number }[] }).limits[0]?.remaining ?? Number.NaN;
}

/** A subgraph that answers whatever it is asked with so many users, each with the same fields. */
const usersOf =
  (length: number, fields: object = { score: 1 }): Respond =>
  (_, response) =>
    sendJson(response, { data: { users: Array.from({ length }, () => fields) } });

/** Estimated at 10. */
const QUERY = '{ users { score } }';

describe('calls below a list are counted in the answer', () => {
  test.each([
    ['longer', 40],
    ['shorter', 3],
    ['empty', 0],
  ])('which is %s than was estimated', async (_, length) => {
    await using gateway = await startLimited({ config: limitOn(['User.score']) });
    gateway.people.respond = usersOf(length);
    for (let times = 1; times <= 4; times++) {
      const before = await left(gateway);
      if (before < 10) break;
      expect((await post(gateway, QUERY)).status).toBe(200);
      expect(await left(gateway)).toBe(Math.max(0, LIMIT - times * length));
    }
  });

  test('into debt if need be', async () => {
    await using gateway = await startLimited({ config: limitOn(['User.score']) });
    gateway.people.respond = usersOf(130);
    expect((await post(gateway, QUERY)).status).toBe(200);
    expect(await left(gateway)).toBe(0);
    gateway.people.respond = undefined;
    expect((await post(gateway, '{ me { score } }')).status).toBe(429);
    expect((await post(gateway, '{ me { name } }')).status).toBe(200);
  });

  test('also where no items were asked for, and nobody in debt goes on asking for none', async () => {
    await using gateway = await startLimited({ config: limitOn(['User.score']) });
    gateway.people.respond = usersOf(60);
    const none = '{ users(first: 0) { score } }';
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await post(gateway, none)).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  test('whichever way the answer is written: the first time, again, replayed, and beside an error', async () => {
    await using gateway = await startLimited({ config: limitOn(['User.score']) });
    gateway.people.respond = usersOf(15);
    const seen: number[] = [];
    for (let i = 0; i < 4; i++) {
      await post(gateway, QUERY);
      seen.push(await left(gateway));
    }
    expect(seen).toEqual([85, 70, 55, 40]);
    gateway.people.respond = (_, response) =>
      sendJson(response, {
        data: { users: Array.from({ length: 15 }, () => ({ score: 1, name: null })) },
        errors: [{ message: 'no', path: ['users', 0, 'name'] }],
      });
    await post(gateway, '{ users { score name } }');
    expect(await left(gateway)).toBe(25);
  });

  test('once, as conditions of the operation say, under each alias', async () => {
    await using gateway = await startLimited({ config: limitOn(['User.score']) });
    gateway.people.respond = usersOf(4, { a: 1, b: 2, score: 1 });
    const query = 'query ($yes: Boolean!) { users { a: score b: score @include(if: $yes) } }';
    await post(gateway, query, { variables: { yes: false } });
    expect(await left(gateway)).toBe(LIMIT - 4);
    await post(gateway, query, { variables: { yes: true } });
    expect(await left(gateway)).toBe(LIMIT - 12);
  });

  test('of the types that come: a limit on one of several is spent by its own', async () => {
    await using gateway = await startLimited({ config: limitOn(['User.avatar']) });
    // One user, one company and one null come; two of them may have been users, and five were estimated.
    await post(gateway, '{ search { ... on User { avatar } ... on Company { avatar } } }');
    expect(await left(gateway)).toBe(LIMIT - 1);
  });

  test('where an object stands at several places, at each', async () => {
    await using gateway = await startLimited({ config: limitOn(['Post.title']) });
    // The best of five of them is the same one, and has one post.
    const query = '{ users(first: 6) { best { posts(first: 2) { title } } } }';
    for (const times of [1, 2, 3]) {
      expect((await post(gateway, query)).codes).toEqual([]);
      expect(await left(gateway)).toBe(LIMIT - times * 5);
    }
  });

  test('of each bucket, where arguments decide which', async () => {
    const config = limitOn(['User.friends'], { by: ['arg:first'] });
    await using gateway = await startLimited({ config });
    gateway.people.respond = usersOf(25, { a: [], b: [], c: [] });
    const friends = ['a: friends(first: 1)', 'b: friends(first: 2)', 'c: friends(first: $n)'];
    const query = `query ($n: Int) { users { ${friends.map(field => `${field} { id }`).join(' ')} } }`;
    await post(gateway, query, { variables: { n: 2 } });
    expect(await left(gateway, 'limit=calls&arg.first=1')).toBe(LIMIT - 25);
    expect(await left(gateway, 'limit=calls&arg.first=2')).toBe(LIMIT - 50);
  });
});

describe('nothing is given back', () => {
  test('of fields that were called once, whatever they came to', async () => {
    await using gateway = await startLimited({ config: limitOn(['Query.me', 'Mutation.login']) });
    gateway.people.respond = (_, response) =>
      sendJson(response, { data: { me: null, login: null }, errors: [{ message: 'no' }] });
    await post(gateway, '{ me { id } }');
    await post(gateway, 'mutation { login(email: "a", password: "b") }');
    expect(await left(gateway)).toBe(LIMIT - 2);
  });

  test('where a list is gone with an error: what was below it may have been called', async () => {
    await using gateway = await startLimited({ config: limitOn(['User.score']) });
    gateway.people.respond = (_, response) =>
      sendJson(response, {
        data: { everybody: null },
        errors: [{ message: 'no', path: ['everybody', 3, 'id'] }],
      });
    expect((await post(gateway, '{ everybody { score id } }')).codes).toHaveLength(1);
    expect(await left(gateway)).toBe(LIMIT - 10);
  });

  test('where there is no answer', async () => {
    const config = { ...limitOn(['User.score']), execution: { maxAnswer: '1KiB' as const } };
    await using gateway = await startLimited({ config });
    gateway.people.respond = usersOf(3, { score: 1, name: 'x'.repeat(2_000) });
    expect((await post(gateway, '{ users { score name } }')).codes).toEqual(['DOCUMENT_LIMIT_EXCEEDED']);
    expect(await left(gateway)).toBe(LIMIT - 10);
  });
});

test('what is lost beside a null is charged, as it was called', async () => {
  await using gateway = await startLimited({ config: limitOn(['User.score']) });
  // `advice` is never null, so that all of `data` goes.
  gateway.people.respond = (_, response) =>
    sendJson(response, {
      data: { advice: null, users: Array.from({ length: 40 }, () => ({ score: 1 })) },
      errors: [{ message: 'no', path: ['advice'] }],
    });
  expect((await post(gateway, '{ advice users { score } }')).data).toBe(null);
  expect(await left(gateway)).toBe(LIMIT - 40);
});
