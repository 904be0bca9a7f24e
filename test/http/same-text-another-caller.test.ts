import { expect, test } from 'vitest';
import { startIssuer } from '../support/jwks-server.ts';
import { handClock } from '../support/test-identity.ts';
import { startTwins } from './twins.ts';

const TYPES = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@requiresScopes"])
  type Query { mine: String salary: String @requiresScopes(scopes: [["read:salary"]]) }`;

const headersOf = (headers: unknown) => headers as Readonly<Record<string, string | undefined>>;

test('the same text is answered for whoever sends it, with the rights and the limits that they have by now', async () => {
  const clock = handClock();
  await using issuer = await startIssuer({ now: () => clock.at });
  await using twins = await startTwins({
    clock,
    config: {
      identity: { jwt: { providers: [issuer.provider] } },
      cache: { jitter: 0, fields: { 'Query.mine': { maxAge: '1h', scope: 'PRIVATE' } } },
      policy: { rateLimit: { limits: { each: { limit: 3, window: '1h' } } } },
    },
    subgraph: () => ({
      typeDefs: TYPES,
      resolvers: {
        Query: {
          mine: (_: unknown, __: unknown, headers: unknown) => headersOf(headers)['x-user-id'] ?? 'nobody',
          salary: (_: unknown, __: unknown, headers: unknown) => `of ${headersOf(headers)['x-user-id']}`,
        },
      },
    }),
  });
  const ask = async (query: string, token: string | null) => {
    const credential = token === null ? {} : { authorization: `Bearer ${token}` };
    const headers = { 'content-type': 'application/json', 'x-request-id': 'r', ...credential };
    const payload = JSON.stringify({ query });
    const [familiar, usual] = await twins.ask({ method: 'POST', url: '/graphql', headers, payload });
    expect(familiar).toEqual(usual);
    const left = /r=(\d+)/.exec(String(familiar.headers['ratelimit']))?.[1];
    return [familiar.status, JSON.parse(familiar.body).data ?? null, left ?? null];
  };
  const token = (sub: string, scope = 'none') => issuer.token({ sub, scope });
  const [alice, bob] = [token('alice', 'read:salary'), token('bob')];
  expect(await ask('{ mine }', alice)).toEqual([200, { mine: 'alice' }, '2']);
  expect(await ask('{ mine }', alice)).toEqual([200, { mine: 'alice' }, '1']);
  expect(await ask('{ mine }', bob)).toEqual([200, { mine: 'bob' }, '2']);
  expect(await ask('{ mine }', null)).toEqual([200, { mine: 'nobody' }, '2']);
  expect(await ask('{ salary }', alice)).toEqual([200, { salary: 'of alice' }, '0']);
  expect(await ask('{ salary }', bob)).toEqual([200, { salary: null }, '1']);
  // Nothing is left, whatever is known of the request.
  expect(await ask('{ mine }', alice)).toEqual([429, null, '0']);
  clock.at += 3_600_000;
  expect(await ask('{ salary }', alice)).toEqual([401, null, null]);
  expect(await ask('{ salary }', token('alice'))).toEqual([200, { salary: null }, '2']);
  const before = issuer.key;
  issuer.rotate();
  expect(await ask('{ salary }', token('alice', 'read:salary'))).toEqual([200, { salary: 'of alice' }, '1']);
  // One that nobody has seen, signed by a key that is no longer published.
  issuer.publish([issuer.key.jwk]);
  clock.at += 3_600_000;
  const old = issuer.token({ sub: 'alice', scope: 'read:salary' }, { key: before });
  await ask('{ mine }', token('carol'));
  expect((await ask('{ salary }', old))[0]).toBe(401);
});
