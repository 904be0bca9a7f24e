import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../../src/http/caller.ts';
import { ANONYMOUS, createCaller } from '../../src/identity/caller.ts';
import type { ApiKeyVerifier, TokenIntrospector } from '../../src/identity/ports.ts';
import { CannotCheck, invalidCredential } from '../../src/identity/unauthenticated.ts';
import { type RunningIssuer, startIssuer } from '../support/jwks-server.ts';
import { handClock, invalid, refusalOf, testIdentity } from '../support/test-identity.ts';

const clock = handClock();
let issuer: RunningIssuer;
beforeAll(async () => {
  issuer = await startIssuer({ now: clock.now });
});
afterAll(() => issuer[Symbol.asyncDispose]());

const caller = (kind: Caller['kind'], subject: string | null): Caller =>
  createCaller({ ...ANONYMOUS, kind, subject, claims: { sub: subject } });

/** Knows these and remembers whom it was asked about. */
function fakeVerifier(kind: Caller['kind'], subjects: Readonly<Record<string, string | null>>) {
  const seen = new Map<string, Caller>();
  const asked: string[] = [];
  const check = async (credential: string): Promise<Caller> => {
    asked.push(credential);
    const subject = subjects[credential];
    if (subject === undefined) throw invalidCredential({ message: `${kind} says no` });
    seen.set(credential, caller(kind, subject));
    return caller(kind, subject);
  };
  return {
    asked,
    closed: false,
    known: (credential: string) => seen.get(credential) ?? null,
    verify: check,
    introspect: check,
    async close() {
      this.closed = true;
    },
  } satisfies ApiKeyVerifier & TokenIntrospector & { asked: string[]; closed: boolean };
}

const JWT = () => ({ providers: [issuer.provider] });
const INTROSPECTION = { endpoint: 'http://127.0.0.1:1/', clientId: 'weir', clientSecret: 'secret' };
const API_KEYS = { file: 'keys.json' };
const NOTHING = { headers: {}, rawHeaders: [] };

describe('no credential', () => {
  test('is nobody in particular, without waiting', async () => {
    await using identity = await testIdentity({ jwt: JWT() });
    const nobody = { caller: ANONYMOUS, fromCookie: false };
    expect(identity.identity.known(NOTHING)).toEqual(nobody);
    expect(await identity.ask({})).toEqual(nobody);
    expect(await identity.count('weir_identity_total', { kind: 'anonymous', outcome: 'ok' })).toBe(2);
  });

  test('is refused where one is required, with a challenge that names no error', async () => {
    await using identity = await testIdentity({ required: true, jwt: JWT() });
    expect(identity.identity.known(NOTHING)).toBeNull();
    expect(await refusalOf(identity.ask({}))).toMatchObject({
      code: 'UNAUTHENTICATED',
      status: 401,
      challenge: 'Bearer realm="weir"',
    });
    expect(await identity.count('weir_identity_total', { kind: 'anonymous', outcome: 'refused' })).toBe(1);
  });

  test('is what a scheme of somebody else amounts to', async () => {
    const jwt = { ...JWT(), ignoreSchemes: ['Basic'] };
    await using identity = await testIdentity({ jwt });
    expect((await identity.ask({ authorization: 'basic dTpw' })).caller).toBe(ANONYMOUS);
    await using strict = await testIdentity({ jwt, required: true });
    expect(await refusalOf(strict.ask({ authorization: 'basic dTpw' }))).toMatchObject({ status: 401 });
  });
});

describe('a bad credential', () => {
  test.each(['Bearer x', 'Bearer', 'Basic dTpw', ''])(
    'is never the same as none: %j',
    async authorization => {
      await using identity = await testIdentity({ jwt: JWT() });
      expect(identity.identity.known({ headers: { authorization }, rawHeaders: [] })).toBeNull();
      expect(await refusalOf(identity.ask({ authorization }))).toMatchObject({ status: 401 });
    },
  );

  test('is counted by what it is', async () => {
    await using identity = await testIdentity({ jwt: JWT() });
    const refused = (kind: string) => identity.count('weir_identity_total', { kind, outcome: 'refused' });
    await refusalOf(identity.bearer(issuer.token({ aud: 'other' })));
    await refusalOf(identity.bearer('opaque'));
    await refusalOf(identity.ask({ authorization: 'Digest x' }));
    expect(await refused('jwt')).toBe(2);
    expect(await refused('unreadable')).toBe(1);
    const introspect = fakeVerifier('introspection', {});
    await using both = await testIdentity({ jwt: JWT() }, { introspect });
    await refusalOf(both.bearer(issuer.token({ aud: 'other' })));
    await refusalOf(both.bearer('opaque'));
    expect(await both.count('weir_identity_total', { kind: 'jwt', outcome: 'refused' })).toBe(1);
    expect(await both.count('weir_identity_total', { kind: 'introspection', outcome: 'refused' })).toBe(1);
  });

  test('is refused although a good one is beside it', async () => {
    const apiKeys = fakeVerifier('api-key', { k1: 'u-1' });
    const config = { jwt: { ...JWT(), cookie: 'session' }, apiKeys: API_KEYS };
    await using identity = await testIdentity(config, { clock, apiKeys });
    const good = `Bearer ${issuer.token()}`;
    const bad = issuer.token({ aud: 'other' });
    for (const headers of [
      { authorization: `Bearer ${bad}`, 'x-api-key': 'k1' },
      { authorization: good, 'x-api-key': 'k2' },
      { authorization: good, cookie: `session=${bad}` },
      { cookie: `session=${bad}`, 'x-api-key': 'k1' },
    ]) {
      expect(await refusalOf(identity.ask(headers))).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
    }
  });
});

test('where nothing is configured, whatever is sent is nobody’s business', async () => {
  await using identity = await testIdentity({});
  const headers = { authorization: 'Digest x', 'x-api-key': 'k', cookie: 'session=x' };
  const rawHeaders = ['Authorization', 'Digest x', 'Authorization', 'Bearer y'];
  expect(identity.identity.known({ headers, rawHeaders })?.caller).toBe(ANONYMOUS);
  expect((await identity.ask(headers, rawHeaders)).caller).toBe(ANONYMOUS);
});

test('where no API keys are configured, one that is sent says nothing, and where no tokens are, neither do they', async () => {
  await using tokens = await testIdentity({ jwt: JWT() });
  expect((await tokens.ask({ 'x-api-key': 'k' })).caller).toBe(ANONYMOUS);
  const apiKeys = fakeVerifier('api-key', {});
  await using keys = await testIdentity({ apiKeys: API_KEYS }, { apiKeys });
  expect((await keys.ask({ authorization: 'Bearer x' })).caller).toBe(ANONYMOUS);
});

describe('an API key', () => {
  test('makes a caller, known without waiting from then on', async () => {
    const apiKeys = fakeVerifier('api-key', { k1: 'u-1' });
    await using identity = await testIdentity({ apiKeys: API_KEYS }, { apiKeys });
    const presented = { headers: { 'x-api-key': 'k1' }, rawHeaders: ['X-API-Key', 'k1'] };
    expect(identity.identity.known(presented)).toBeNull();
    expect(await identity.ask(presented.headers)).toMatchObject({
      caller: { kind: 'api-key', subject: 'u-1' },
      fromCookie: false,
    });
    expect(identity.identity.known(presented)).toMatchObject({
      caller: { subject: 'u-1' },
      fromCookie: false,
    });
    expect(await identity.count('weir_identity_total', { kind: 'api-key', outcome: 'ok' })).toBe(2);
  });

  test('beside a token of the same subject lets the token count', async () => {
    const apiKeys = fakeVerifier('api-key', { k1: 'u-1' });
    await using identity = await testIdentity({ jwt: JWT(), apiKeys: API_KEYS }, { clock, apiKeys });
    const headers = { authorization: `Bearer ${issuer.token()}`, 'x-api-key': 'k1' };
    expect((await identity.ask(headers)).caller.kind).toBe('jwt');
    expect(identity.identity.known({ headers, rawHeaders: [] })?.caller.kind).toBe('jwt');
    expect(apiKeys.asked).toEqual(['k1']);
  });

  test('beside a token of another subject, or of none, is refused, remembered or not', async () => {
    const apiKeys = fakeVerifier('api-key', { k1: 'u-2' });
    await using identity = await testIdentity({ jwt: JWT(), apiKeys: API_KEYS }, { clock, apiKeys });
    for (const sub of ['u-1', undefined]) {
      const headers = { authorization: `Bearer ${issuer.token({ sub })}`, 'x-api-key': 'k1' };
      for (const _ of ['first', 'remembered']) {
        expect(await refusalOf(identity.ask(headers))).toEqual(invalid('different subjects'));
        expect(identity.identity.known({ headers, rawHeaders: [] })).toBeNull();
      }
    }
  });

  test('of nobody is not of the same subject as a token of nobody', async () => {
    const apiKeys = fakeVerifier('api-key', { k1: null });
    await using identity = await testIdentity({ jwt: JWT(), apiKeys: API_KEYS }, { clock, apiKeys });
    const headers = { authorization: `Bearer ${issuer.token({ sub: undefined })}`, 'x-api-key': 'k1' };
    expect(await refusalOf(identity.ask(headers))).toEqual(invalid('different subjects'));
  });

  test('that nobody can check now is counted apart', async () => {
    const apiKeys = fakeVerifier('api-key', {});
    apiKeys.verify = async () => {
      throw invalidCredential({ message: 'Try again later.', cause: new CannotCheck('Redis is down.') });
    };
    await using identity = await testIdentity({ apiKeys: API_KEYS }, { apiKeys });
    expect(await refusalOf(identity.ask({ 'x-api-key': 'k1' }))).toMatchObject({ status: 401 });
    expect(await identity.count('weir_identity_total', { kind: 'api-key', outcome: 'unavailable' })).toBe(1);
  });

  test('is given back its verifier’s end', async () => {
    const apiKeys = fakeVerifier('api-key', {});
    const identity = await testIdentity({ apiKeys: API_KEYS }, { apiKeys });
    await identity.identity.close();
    expect(apiKeys.closed).toBe(true);
  });
});

describe('with introspection', () => {
  const config = (tokens: 'opaque' | 'all' = 'opaque') => ({
    jwt: JWT(),
    introspection: { ...INTROSPECTION, tokens },
  });

  test('an opaque token is asked about, and a JWT is not', async () => {
    const introspect = fakeVerifier('introspection', { opaque: 'u-1' });
    await using identity = await testIdentity(config(), { clock, introspect });
    expect((await identity.bearer('opaque')).caller.kind).toBe('introspection');
    expect(
      identity.identity.known({ headers: { authorization: 'Bearer opaque' }, rawHeaders: [] }),
    ).not.toBeNull();
    expect((await identity.bearer(issuer.token())).caller.kind).toBe('jwt');
    expect(await refusalOf(identity.bearer('unknown'))).toEqual(invalid('introspection says no'));
    expect(introspect.asked).toEqual(['opaque', 'unknown']);
  });

  test('a bad JWT is not given a second chance there', async () => {
    const forged = issuer.token({}, { sign: () => Buffer.alloc(64, 1) });
    const unsigned = `${forged.slice(0, forged.lastIndexOf('.'))}.`;
    for (const tokens of ['opaque', 'all'] as const) {
      const introspect = fakeVerifier('introspection', { [forged]: 'admin', [unsigned]: 'admin' });
      await using identity = await testIdentity(config(tokens), { clock, introspect });
      for (const token of [forged, unsigned]) {
        expect(await refusalOf(identity.bearer(token))).toEqual(invalid('signature'));
      }
      expect(introspect.asked).toEqual([]);
    }
  });

  test('of all tokens a JWT is asked about after its signature, and its own claims count', async () => {
    const [good, revoked] = [issuer.token({ sub: 'u-1' }), issuer.token({ sub: 'u-2' })];
    const introspect = fakeVerifier('introspection', { [good]: 'u-1' });
    await using identity = await testIdentity(config('all'), { clock, introspect });
    const known = (token: string) =>
      identity.identity.known({ headers: { authorization: `Bearer ${token}` }, rawHeaders: [] });
    expect((await identity.bearer(good)).caller).toMatchObject({ kind: 'jwt', subject: 'u-1' });
    expect(known(good)?.caller.kind).toBe('jwt');
    for (const _ of ['first', 'signature remembered']) {
      expect(await refusalOf(identity.bearer(revoked))).toEqual(invalid('introspection says no'));
      expect(known(revoked)).toBeNull();
    }
  });

  test('an answer remembered for a JWT does not stand in for its signature', async () => {
    const token = issuer.token({}, { sign: () => Buffer.alloc(64, 1) });
    const introspect = fakeVerifier('introspection', { [token]: 'admin' });
    await introspect.introspect(token);
    await using identity = await testIdentity(config('all'), { clock, introspect });
    const presented = { headers: { authorization: `Bearer ${token}` }, rawHeaders: [] };
    expect(identity.identity.known(presented)).toBeNull();
  });

  test('and without JWT providers every token is asked about', async () => {
    const token = issuer.token();
    const introspect = fakeVerifier('introspection', { [token]: 'u-1' });
    await using identity = await testIdentity({ introspection: INTROSPECTION }, { introspect });
    expect((await identity.bearer(token)).caller.kind).toBe('introspection');
    expect(
      identity.identity.known({ headers: { authorization: `Bearer ${token}` }, rawHeaders: [] }),
    ).not.toBeNull();
  });
});
