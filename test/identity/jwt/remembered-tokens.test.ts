import { expect, test, vi } from 'vitest';
import { startIssuer } from '../../support/jwks-server.ts';
import {
  handClock,
  invalid,
  refusalOf,
  type TestIdentity,
  testIdentity,
} from '../../support/test-identity.ts';

const verified = vi.hoisted(() => ({ signatures: 0 }));
vi.mock('jose', async original => {
  const jose = await original<typeof import('jose')>();
  const jwtVerify = (...args: Parameters<typeof jose.jwtVerify>) => {
    verified.signatures++;
    return jose.jwtVerify(...args);
  };
  return { ...jose, jwtVerify };
});

const presented = (token: string) => ({ headers: { authorization: `Bearer ${token}` }, rawHeaders: [] });
const known = ({ identity }: TestIdentity, token: string) => identity.known(presented(token))?.caller ?? null;

async function start(jwt: object = {}) {
  const clock = handClock();
  const issuer = await startIssuer({ now: clock.now });
  const identity = await testIdentity({ jwt: { providers: [issuer.provider], ...jwt } }, { clock });
  verified.signatures = 0;
  return { clock, issuer, identity };
}

test('the second request with a token needs no waiting and no signature check', async () => {
  const { issuer, identity } = await start();
  await using _issuer = issuer;
  await using _identity = identity;
  const token = issuer.token();
  expect(known(identity, token)).toBeNull();
  const { caller } = await identity.bearer(token);
  expect(known(identity, token)).toBe(caller);
  expect((await identity.bearer(token)).caller).toBe(caller);
  expect(verified.signatures).toBe(1);
});

test('equal tokens at the same time share one signature check', async () => {
  const { issuer, identity } = await start();
  await using _issuer = issuer;
  await using _identity = identity;
  const token = issuer.token();
  const callers = await Promise.all(Array.from({ length: 20 }, () => identity.bearer(token)));
  expect(new Set(callers.map(({ caller }) => caller)).size).toBe(1);
  expect(verified.signatures).toBe(1);
});

test('a refusal is shared by those who wait for it, and not remembered', async () => {
  const { issuer, identity } = await start();
  await using _issuer = issuer;
  await using _identity = identity;
  const forged = issuer.token({}, { sign: () => Buffer.alloc(64, 1) });
  const refusals = await Promise.all([1, 2, 3].map(() => refusalOf(identity.bearer(forged))));
  expect(refusals).toEqual(Array(3).fill(invalid('signature')));
  expect(verified.signatures).toBe(1);
  await refusalOf(identity.bearer(forged));
  expect(verified.signatures).toBe(2);
});

test('a remembered token is refused once it has expired', async () => {
  const { clock, issuer, identity } = await start({ clockTolerance: '10s' });
  await using _issuer = issuer;
  await using _identity = identity;
  const token = issuer.token({ exp: clock.now() / 1000 + 60 });
  await identity.bearer(token);
  clock.at += 69_999;
  expect(known(identity, token)).not.toBeNull();
  clock.at += 1;
  expect(known(identity, token)).toBeNull();
  expect(await refusalOf(identity.bearer(token))).toEqual(invalid('expired'));
});

test('a token that differs in one character of any part is another token', async () => {
  const { issuer, identity } = await start();
  await using _issuer = issuer;
  await using _identity = identity;
  const token = issuer.token();
  await identity.bearer(token);
  const dots = [token.indexOf('.'), token.lastIndexOf('.')] as const;
  for (const at of [5, dots[0] + 5, dots[1] + 5, token.length - 4]) {
    const other = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
    expect(known(identity, other)).toBeNull();
    expect(await refusalOf(identity.bearer(other))).toMatchObject({ status: 401 });
  }
});

test('as many tokens are remembered as configured, those used last', async () => {
  const { issuer, identity } = await start({ cache: 2 });
  await using _issuer = issuer;
  await using _identity = identity;
  const [a, b, c] = ['a', 'b', 'c'].map(sub => issuer.token({ sub })) as [string, string, string];
  await identity.bearer(a);
  await identity.bearer(b);
  expect(known(identity, a)?.subject).toBe('a');
  await identity.bearer(c);
  expect([a, b, c].map(token => known(identity, token)?.subject)).toEqual(['a', undefined, 'c']);
});

test('two tokens of one caller make callers that count as the same', async () => {
  const { clock, issuer, identity } = await start();
  await using _issuer = issuer;
  await using _identity = identity;
  const first = await identity.bearer(issuer.token({ jti: '1' }));
  clock.at += 5_000;
  const second = await identity.bearer(issuer.token({ jti: '2' }));
  const other = await identity.bearer(issuer.token({ tier: 'premium' }));
  expect(second.caller.key).toBe(first.caller.key);
  expect(other.caller.key).not.toBe(first.caller.key);
});
