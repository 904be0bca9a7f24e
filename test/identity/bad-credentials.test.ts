import { createHmac } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/apikey.ts';
import { sendRaw } from '../http/raw-http.ts';
import { type RunningIssuer, startIssuer } from '../support/jwks-server.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { compact, createSigningKey, type Sign, signWithSecret } from '../support/tokens.ts';

const BODY = '{"query":"{ who }"}';

let issuer: RunningIssuer;
let folder: TemporaryFolder;
let gateway: TestGateway<'a'>;
let port: number;
let apiKey: string;

beforeAll(async () => {
  issuer = await startIssuer({ alg: 'RS256' });
  folder = await temporaryFolder({
    'gateway.yaml': 'identity: { apiKeys: { file: keys.json } }',
  });
  apiKey = await printed(() => createApiKey({ sub: 'billing', config: `${folder.path}/gateway.yaml` }));
  gateway = await startGateway({
    subgraphs: { a: { typeDefs: 'type Query { who: String }', resolvers: { Query: { who: () => 'you' } } } },
    folder: folder.path,
    config: {
      identity: { jwt: { providers: [issuer.provider], cookie: 'session' }, apiKeys: { file: 'keys.json' } },
      personas: { web: { match: { default: true } } },
    },
  });
  await gateway.gateway.app.listen({ host: '127.0.0.1', port: 0 });
  port = (gateway.gateway.app.server.address() as AddressInfo).port;
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** What a command prints. */
async function printed(run: () => Promise<void>): Promise<string> {
  const { write } = process.stdout;
  let text = '';
  process.stdout.write = (chunk: unknown) => {
    text += String(chunk);
    return true;
  };
  try {
    await run();
  } finally {
    process.stdout.write = write;
  }
  return text.trim();
}

interface Reply {
  readonly status: number;
  readonly code: string | null;
  readonly challenge: string | null;
  readonly text: string;
}

/** Sends headers to the letter, duplicates and case included. */
async function send(headers: readonly string[]): Promise<Reply> {
  const lines = [
    'POST /graphql HTTP/1.1',
    'Host: gateway',
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${BODY.length}`,
    ...headers,
  ];
  const text = await sendRaw(port, `${lines.join('\r\n')}\r\n\r\n${BODY}`);
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]),
    code: /"code":"(\w+)"/.exec(text)?.[1] ?? null,
    challenge: /^www-authenticate: (.*)\r$/im.exec(text)?.[1] ?? null,
    text,
  };
}

const bearer = (token: string): readonly string[] => [`Authorization: Bearer ${token}`];
const served = { status: 200, code: null, challenge: null };
const refused = {
  status: 401,
  code: 'UNAUTHENTICATED',
  challenge: expect.stringMatching(
    /^Bearer realm="weir", error="invalid_token", error_description="[^"\\]+"$/,
  ),
};

/** Refused with a challenge, without asking a subgraph, and without a word of the credential. */
async function expectRefused(headers: readonly string[], secret?: string): Promise<void> {
  const before = gateway.requestCount();
  const reply = await send(headers);
  expect(reply).toMatchObject(refused);
  if (secret !== undefined) expect(reply.text).not.toContain(secret);
  expect(gateway.requestCount()).toBe(before);
}

const seconds = (): number => Math.floor(Date.now() / 1_000);
const pem = (): string => issuer.key.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const none: Sign = () => Buffer.alloc(0);

test('a good token, a good key, both of one subject, and nothing at all are served', async () => {
  expect(await send(bearer(issuer.token()))).toMatchObject(served);
  expect(await send([`X-Api-Key: ${apiKey}`])).toMatchObject(served);
  const both = [...bearer(issuer.token({ sub: 'billing' })), `X-Api-Key: ${apiKey}`];
  expect(await send(both)).toMatchObject(served);
  expect(await send([])).toMatchObject(served);
});

describe('a token is refused', () => {
  const other = createSigningKey('RS256');
  const header = (): object => ({ alg: 'RS256', kid: issuer.key.kid, typ: 'JWT' });

  test.each<[string, () => string]>([
    ['without a signature, as none', () => issuer.token({}, { header: { alg: 'none' }, sign: none })],
    ['without a signature, as nOnE', () => issuer.token({}, { header: { alg: 'nOnE' }, sign: none })],
    ['without a signature', () => issuer.token({}, { sign: none })],
    [
      'that is signed with the public key as a secret',
      () => issuer.token({}, { header: { alg: 'HS256' }, sign: signWithSecret(pem()) }),
    ],
    [
      'that is signed with the modulus as a secret',
      () => issuer.token({}, { header: { alg: 'HS256' }, sign: signWithSecret(String(issuer.key.jwk['n'])) }),
    ],
    [
      'that is signed with HMAC and calls it RS256',
      () => issuer.token({}, { sign: input => createHmac('sha256', pem()).update(input).digest() }),
    ],
    ['of another algorithm of the same key', () => issuer.token({}, { header: { alg: 'PS256' } })],
    ['of somebody else’s key under a good kid', () => issuer.token({}, { sign: other.sign })],
    ['of a key that is not published', () => issuer.token({}, { key: other })],
    [
      'whose kid is a path',
      () => issuer.token({}, { header: { kid: '../../../dev/null' }, sign: signWithSecret('') }),
    ],
    ['whose kid is a query', () => issuer.token({}, { header: { kid: "' UNION SELECT 'x" } })],
    ['whose kid is a property of every object', () => issuer.token({}, { header: { kid: '__proto__' } })],
    ['whose kid is a list', () => issuer.token({}, { header: { kid: [issuer.key.kid] } })],
    [
      'that says where its keys are',
      () => issuer.token({}, { header: { jku: 'http://127.0.0.1:1/jwks' }, key: other }),
    ],
    ['that says so with a good key', () => issuer.token({}, { header: { jku: issuer.jwksUri } })],
    [
      'that says where its certificate is',
      () => issuer.token({}, { header: { x5u: 'http://127.0.0.1:1/' } }),
    ],
    ['that brings its key', () => issuer.token({}, { header: { jwk: other.jwk }, sign: other.sign })],
    ['that brings its certificates', () => issuer.token({}, { header: { x5c: ['MIIB'] } })],
    [
      'with an extension that must be understood',
      () => issuer.token({}, { header: { crit: ['b64'], b64: false } }),
    ],
    ['for another audience', () => issuer.token({ aud: 'other' })],
    ['for no audience', () => issuer.token({ aud: undefined })],
    ['of another issuer', () => issuer.token({ iss: 'https://other.example' })],
    ['of several issuers', () => issuer.token({ iss: [issuer.issuer] })],
    ['of no issuer', () => issuer.token({ iss: undefined })],
    ['that has expired', () => issuer.token({ exp: seconds() - 60 })],
    ['that never expires', () => issuer.token({ exp: undefined })],
    ['that is not valid yet', () => issuer.token({ nbf: seconds() + 120 })],
    ['that is no access token', () => issuer.token({}, { header: { typ: 'logout+jwt' } })],
    ['larger than 8 KiB', () => issuer.token({ filler: 'x'.repeat(9_000) })],
    ['with a claim twice', () => compact(header() as never, `{"sub":"a","sub":"b"}`, issuer.key.sign)],
    ['with a tenant that cannot be read', () => issuer.token({ tenant: { id: 1 } })],
    ['that is no token', () => 'nonsense'],
    ['of two parts', () => issuer.token().split('.').slice(0, 2).join('.')],
    ['of four parts', () => `${issuer.token()}.x`],
    ['with another payload under a good signature', () => tampered(issuer.token())],
  ])('%s', async (_what, token) => {
    const text = token();
    await expectRefused(bearer(text), text);
    // The same token is no better the second time.
    await expectRefused(bearer(text), text);
  });

  function tampered(token: string): string {
    const [head, , signature] = token.split('.');
    const [, claims] = issuer.token({ sub: 'root' }).split('.');
    return `${head}.${claims}.${signature}`;
  }
});

describe('an Authorization header is refused', () => {
  test.each([
    'Authorization:',
    'Authorization: Bearer',
    'Authorization: Bearer ',
    'Authorization: Bearer a b',
    'Authorization: Bearer ä.b.c',
    'Authorization: Basic dTpw',
    'Authorization: Digest username="u"',
  ])('as %j', line => expectRefused([line]));

  test('twice, even with the same good token, in whatever case', async () => {
    const token = issuer.token();
    await expectRefused([`Authorization: Bearer ${token}`, `authorization: Bearer ${token}`]);
    await expectRefused([`AUTHORIZATION: Bearer ${token}`, 'authorization: Bearer nonsense']);
    await expectRefused(['Authorization: Bearer nonsense', `Authorization: Bearer ${token}`]);
  });
});

describe('an API key is refused', () => {
  test.each([
    ['empty', () => ['X-Api-Key:']],
    ['malformed', () => ['X-Api-Key: nonsense']],
    ['unknown', () => ['X-Api-Key: weir_AAAAAAAAAAAA_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA']],
    ['with another secret', () => [`X-Api-Key: ${apiKey.slice(0, -1)}${apiKey.endsWith('A') ? 'B' : 'A'}`]],
    ['twice', () => [`X-Api-Key: ${apiKey}`, `x-api-key: ${apiKey}`]],
    ['too long', () => [`X-Api-Key: ${'a'.repeat(600)}`]],
  ])('%s', async (_what, headers) => {
    const reply = await send(headers());
    expect(reply).toMatchObject({
      status: 401,
      code: 'UNAUTHENTICATED',
      challenge: expect.stringMatching(/realm="weir"/),
    });
    expect(reply.text).not.toContain(apiKey);
  });
});

describe('credentials that disagree are refused', () => {
  test('a token and a key of different subjects', async () => {
    await expectRefused([...bearer(issuer.token({ sub: 'u-1' })), `X-Api-Key: ${apiKey}`]);
  });

  test('a header and a cookie', async () => {
    const [one, other] = [issuer.token({ sub: 'one' }), issuer.token({ sub: 'other' })];
    await expectRefused([...bearer(one), `Cookie: session=${other}`]);
    expect(await send([...bearer(one), `Cookie: session=${one}`])).toMatchObject(served);
  });

  test('two cookies of the name', async () => {
    const [one, other] = [issuer.token({ sub: 'one' }), issuer.token({ sub: 'other' })];
    await expectRefused([`Cookie: session=${one}; session=${other}`]);
    await expectRefused([`Cookie: session=${one}`, `Cookie: session=${other}`]);
  });

  test('a bad one beside a good one', async () => {
    const good = issuer.token({ sub: 'billing' });
    const bad = issuer.token({ sub: 'billing', exp: 1 });
    await expectRefused([...bearer(bad), `X-Api-Key: ${apiKey}`]);
    expect(await send([...bearer(good), 'X-Api-Key: nonsense'])).toMatchObject({ status: 401 });
  });
});

describe('a credential in a cookie', () => {
  const cookie = (): string => `Cookie: session=${issuer.token()}`;
  const forbidden = { status: 403, code: 'REQUEST_FORBIDDEN' };

  test.each([
    [['Sec-Fetch-Site: cross-site']],
    [['Sec-Fetch-Site: same-site']],
    [['Origin: https://evil.example']],
    [['User-Agent: Mozilla/5.0 (old)']],
  ])('does not do for a POST that another site may have caused: %j', async headers => {
    const before = gateway.requestCount();
    expect(await send([cookie(), ...headers])).toMatchObject(forbidden);
    expect(gateway.requestCount()).toBe(before);
    expect(await send(headers)).toMatchObject(served);
    expect(await send([...bearer(issuer.token()), ...headers])).toMatchObject(served);
  });

  test.each([
    [['Sec-Fetch-Site: same-origin']],
    [['Sec-Fetch-Site: cross-site', 'Apollo-Require-Preflight: 1']],
    [['Sec-Fetch-Site: cross-site', 'Graphql-Client-Name: web']],
    [[]],
  ])('does where none can have: %j', async headers => {
    expect(await send([cookie(), ...headers])).toMatchObject(served);
  });
});

describe('headers that subgraphs trust', () => {
  const FORGED = ['x-user-id', 'X-User-Id', 'X-USER-ROLES', 'x-Tenant-ID', 'X-PERSONA', 'x_user_id'];

  test.each(FORGED)('are never the client’s, as %s', async name => {
    for (const who of [[], bearer(issuer.token({ roles: ['r'], tenant: 't' }))]) {
      expect(await send([...who, `${name}: forged`, `${name}: forged again`])).toMatchObject(served);
      const { headers } = gateway.subgraphs.a.requests.at(-1) ?? {};
      expect(JSON.stringify(headers)).not.toContain('forged');
    }
    expect(gateway.subgraphs.a.requests.at(-1)?.headers).toMatchObject({
      'x-user-id': 'u-1',
      'x-user-roles': 'r',
      'x-tenant-id': 't',
      'x-persona': 'web',
    });
  });

  test('cannot be made by what a credential says', async () => {
    const sub = 'u-1\r\nx-user-roles: admin';
    expect(await send(bearer(issuer.token({ sub, roles: ['a,admin'] })))).toMatchObject(served);
    const { headers } = gateway.subgraphs.a.requests.at(-1) ?? {};
    expect(headers?.['x-user-roles']).toBe('a%2Cadmin');
    expect(headers?.['x-user-id']).toMatch(/^u-1%0D%0A/);
  });
});

describe('missing is not invalid', () => {
  test('where a credential is required, nobody gets a challenge without an error', async () => {
    await using strict = await startGateway({
      subgraphs: { a: { typeDefs: 'type Query { who: String }' } },
      config: { identity: { required: true, jwt: { providers: [issuer.provider] } } },
    });
    const ask = async (headers: Record<string, string>): Promise<readonly unknown[]> => {
      const { status, headers: sent } = await strict.handle(
        new Request('http://gateway/graphql?query={who}', { headers }),
      );
      return [status, sent.get('www-authenticate')];
    };
    expect(await ask({})).toEqual([401, 'Bearer realm="weir"']);
    expect(await ask({ 'x-user-id': 'u-1' })).toEqual([401, 'Bearer realm="weir"']);
    expect(await ask({ authorization: 'Bearer x' })).toEqual([401, expect.stringContaining('invalid_token')]);
    expect(await ask({ authorization: `Bearer ${issuer.token()}` })).toEqual([200, null]);
    const health = await strict.handle(new Request('http://gateway/health/live'));
    expect(health.status).toBe(200);
  });
});
