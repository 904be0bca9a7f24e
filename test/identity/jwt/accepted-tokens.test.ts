import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningIssuer, startIssuer } from '../../support/jwks-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { handClock, invalid, refusalOf, testIdentity } from '../../support/test-identity.ts';
import { signWithSecret } from '../../support/tokens.ts';

const SECRET = 'a secret of at least thirty-two characters';
const clock = handClock();

describe.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('a token signed with %s', alg => {
  test('makes a caller of what it claims', async () => {
    await using issuer = await startIssuer({ alg, now: clock.now });
    await using identity = await testIdentity({ jwt: { providers: [issuer.provider] } }, { clock });
    const token = issuer.token({ scope: 'read:email', roles: ['user'], tier: 'premium' });
    const { caller, fromCookie } = await identity.bearer(token);
    expect(caller).toMatchObject({ kind: 'jwt', subject: 'u-1', tier: 'premium', tenant: null });
    expect([...caller.scopes, ...caller.roles]).toEqual(['read:email', 'user']);
    expect(caller.claims['iss']).toBe(issuer.issuer);
    expect(Object.isFrozen(caller.claims)).toBe(true);
    expect(fromCookie).toBe(false);
  });
});

describe('a good token', () => {
  let issuer: RunningIssuer;
  beforeAll(async () => {
    issuer = await startIssuer({ now: clock.now });
  });
  afterAll(() => issuer[Symbol.asyncDispose]());
  const start = (provider: object = {}, jwt: object = {}) =>
    testIdentity({ jwt: { providers: [{ ...issuer.provider, ...provider }], ...jwt } }, { clock });

  test('may come in the configured cookie, which is told', async () => {
    await using identity = await start({}, { cookie: 'session' });
    const headers = { cookie: `a=b; session=${issuer.token()}` };
    const { caller, fromCookie } = await identity.ask(headers);
    expect(caller.subject).toBe('u-1');
    expect(fromCookie).toBe(true);
    // Of one that is remembered, too: else the second request might be of another site.
    expect(identity.identity.known({ headers, rawHeaders: [] })).toEqual({ caller, fromCookie: true });
  });

  test.each([undefined, 'JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/JWT'])(
    'may be of type %s',
    async typ => {
      await using identity = await start();
      const { caller } = await identity.bearer(issuer.token({}, { header: { typ } }));
      expect(caller.subject).toBe('u-1');
    },
  );

  test.each([
    ['one text', 'weir'],
    ['one of several', ['other', 'weir']],
  ])('may name its audience as %s', async (_, aud) => {
    await using identity = await start();
    expect((await identity.bearer(issuer.token({ aud }))).caller.subject).toBe('u-1');
  });

  test.each([['app'], [['other', 'app']]])('may say in another claim that it is for %j', async client => {
    await using identity = await start({ audienceClaim: 'of.client', audiences: ['app'] });
    const { caller } = await identity.bearer(issuer.token({ aud: undefined, of: { client } }));
    expect(caller.subject).toBe('u-1');
  });

  test.each([
    [{ aud: 'app' }],
    [{ aud: 'app', client_id: 'other' }],
    [{ aud: 'app', client_id: null }],
    [{ aud: 'app', client_id: { app: 'app' } }],
  ])('is refused where that claim does not name the service: %j', async claims => {
    await using identity = await start({ audienceClaim: 'client_id', audiences: ['app'] });
    expect(await refusalOf(identity.bearer(issuer.token(claims)))).toEqual(invalid('(client_id)'));
  });

  test('need not name its key while one fits', async () => {
    await using identity = await start();
    const { caller } = await identity.bearer(issuer.token({}, { header: { kid: undefined } }));
    expect(caller.subject).toBe('u-1');
  });

  test('is good within the tolerance around its times, and not beyond', async () => {
    await using identity = await start({}, { clockTolerance: '30s' });
    const now = clock.now() / 1000;
    for (const claims of [{ exp: now - 29 }, { nbf: now + 30 }, { iat: now + 30 }]) {
      expect((await identity.bearer(issuer.token(claims))).caller.kind).toBe('jwt');
    }
    for (const claims of [{ exp: now - 30 }, { nbf: now + 31 }, { iat: now + 31 }]) {
      expect(await refusalOf(identity.bearer(issuer.token(claims)))).toMatchObject({ status: 401 });
    }
  });

  test('may have no subject', async () => {
    await using identity = await start();
    const { caller } = await identity.bearer(issuer.token({ sub: undefined, client_id: 'batch' }));
    expect(caller).toMatchObject({ kind: 'jwt', subject: null, client: 'batch' });
  });
});

test('several keys without kid are tried one after the other', async () => {
  await using issuer = await startIssuer({ now: clock.now });
  const first = issuer.key;
  const second = issuer.rotate();
  issuer.publish([first, second].map(({ jwk }) => ({ ...jwk, kid: undefined })));
  await using identity = await testIdentity({ jwt: { providers: [issuer.provider] } }, { clock });
  const header = { kid: undefined };
  for (const key of [first, second]) {
    expect((await identity.bearer(issuer.token({}, { header, key }))).caller.subject).toBe('u-1');
  }
  const forged = issuer.token({ sub: 'u-2' }, { header, sign: () => Buffer.alloc(64, 1) });
  expect(await refusalOf(identity.bearer(forged))).toEqual(invalid('signature'));
});

test('no more than four keys are tried', async () => {
  await using issuer = await startIssuer({ now: clock.now });
  const keys = [issuer.key, ...[2, 3, 4, 5].map(() => issuer.rotate())];
  issuer.publish(keys.map(({ jwk }) => ({ ...jwk, kid: undefined })));
  await using identity = await testIdentity({ jwt: { providers: [issuer.provider] } }, { clock });
  const results = keys.map(key => identity.bearer(issuer.token({}, { header: { kid: undefined }, key })));
  const outcomes = (await Promise.allSettled(results)).map(({ status }) => status);
  expect(outcomes).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
});

test('an issuer may keep its keys in a file', async () => {
  await using issuer = await startIssuer({ now: clock.now });
  await using folder = await temporaryFolder({ 'keys.json': JSON.stringify({ keys: [issuer.key.jwk] }) });
  const { jwksUri: _, ...provider } = issuer.provider;
  await using identity = await testIdentity(
    { jwt: { providers: [{ ...provider, jwksFile: 'keys.json' }] } },
    { clock, folder: folder.path },
  );
  expect((await identity.bearer(issuer.token())).caller.subject).toBe('u-1');
  issuer.rotate();
  expect(await refusalOf(identity.bearer(issuer.token()))).toEqual(invalid('does not publish'));
  expect(issuer.requests).toBe(0);
});

test.each([
  ['absent.json', undefined, 'there is no such file'],
  ['text.json', 'not json', 'JSON'],
  ['other.json', '{"key":[]}', 'JSON Web Key Set'],
  ['empty.json', '{"keys":[]}', 'it has no keys'],
  ['deep.json', `{"keys":[${'['.repeat(20_000)}`, 'nested too deep'],
])('a file of keys that is of no use stops the start and is named: %s', async (name, text, reason) => {
  await using issuer = await startIssuer();
  await using folder = await temporaryFolder(text === undefined ? {} : { [name]: text });
  const { jwksUri: _, ...provider } = issuer.provider;
  const providers = [
    { ...issuer.provider, issuer: 'other' },
    { ...provider, jwksFile: name },
  ];
  const start = testIdentity({ jwt: { providers } }, { folder: folder.path });
  await expect(start).rejects.toThrow(name);
  await expect(start).rejects.toThrow(reason);
  expect(issuer.requests).toBe(0);
});

test('an issuer may share a secret, which then signs with HMAC only', async () => {
  await using issuer = await startIssuer({ now: clock.now });
  const provider = { issuer: issuer.issuer, audiences: ['weir'], algorithms: ['HS256'], secret: SECRET };
  await using identity = await testIdentity({ jwt: { providers: [provider] } }, { clock });
  const header = { alg: 'HS256', kid: undefined };
  const token = issuer.token({}, { header, sign: signWithSecret(SECRET) });
  expect((await identity.bearer(token)).caller.subject).toBe('u-1');
  const forged = issuer.token({}, { header, sign: signWithSecret(`${SECRET}!`) });
  expect(await refusalOf(identity.bearer(forged))).toEqual(invalid('signature'));
  expect(await refusalOf(identity.bearer(issuer.token()))).toEqual(invalid('algorithm'));
});

test('each of several issuers judges its own tokens with its own rules', async () => {
  await using staff = await startIssuer({ now: clock.now, audience: 'staff' });
  await using shop = await startIssuer({ now: clock.now, alg: 'EdDSA' });
  const providers = [{ ...staff.provider, claims: { roles: 'groups' } }, shop.provider];
  await using identity = await testIdentity({ jwt: { providers } }, { clock });
  expect([...(await identity.bearer(staff.token({ groups: ['admin'] }))).caller.roles]).toEqual(['admin']);
  expect([...(await identity.bearer(shop.token({ groups: ['admin'] }))).caller.roles]).toEqual([]);
  const crossed = staff.token({ iss: shop.issuer, aud: 'weir' });
  expect(await refusalOf(identity.bearer(crossed))).toEqual(invalid('algorithm'));
});
