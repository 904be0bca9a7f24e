import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gatewayConfig } from '../../src/config/gateway-config.ts';
import { ConfigError, parseConfig } from '../../src/config/parse.ts';
import { compileForwarding } from '../../src/execution/fetch/forward.ts';
import { loadSigners } from '../../src/execution/fetch/sign/load-signers.ts';
import { createSigner, type SignerOptions, signText } from '../../src/execution/fetch/sign/signer.ts';
import { createTransport } from '../../src/execution/fetch/transport.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { verifierFromEnvironment } from '../../subgraphs/shared/signature-keys.ts';
import {
  createVerifier,
  type SignedRequest,
  type Verifier,
  type VerifierOptions,
} from '../../subgraphs/shared/verify-signature.ts';
import { startSubgraph } from '../../subgraphs/start-subgraph.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { post } from './ask.ts';

const SECRET = 'a secret of thirty-two characters';
const KEY = createSecretKey(SECRET, 'utf8');
const PAIR = generateKeyPairSync('ed25519');
const START = 1_700_000_000_000;
const BODY = '{"query":"{ me { id } }"}';

type Changes = Partial<SignedRequest> & { readonly plus?: SignedRequest['headers'] };

/** A gateway and a subgraph with one clock, moved by hand. */
function parties(signing: Partial<SignerOptions> = {}, verifying: Partial<VerifierOptions> = {}) {
  const time = { ms: START };
  const sign = createSigner({
    algorithm: 'hmac-sha256',
    keyId: 'weir',
    key: KEY,
    subgraph: 'users',
    components: [],
    clock: { now: () => time.ms, elapsed: () => 0 },
    ...signing,
  });
  const verify: Verifier = createVerifier({
    keys: new Map([['weir', KEY as KeyObject]]),
    subgraph: 'users',
    now: () => time.ms,
    ...verifying,
  });
  return {
    time,
    verify,
    /** A good request, but for the changes made after it was signed. */
    send(
      { plus = {}, ...changes }: Changes = {},
      facts: readonly string[] = ['x-user-id', 'u-5', 'x-user-roles', 'a,b'],
      target = '/graphql',
    ): SignedRequest {
      const headers = ['content-type', 'application/json', ...facts];
      const added = sign({
        url: new URL(target, 'http://users:4001'),
        headers,
        forwarded: facts,
        body: BODY,
      });
      const lines = [...headers, 'host', 'users:4001', ...added];
      const pairs = Array.from({ length: lines.length / 2 }, (_, index) => [
        lines[index * 2],
        lines[index * 2 + 1],
      ]);
      return {
        method: 'POST',
        target,
        body: Buffer.from(BODY),
        headers: { ...Object.fromEntries(pairs), ...plus },
        ...changes,
      };
    },
  };
}

/** Changes what the signature says of itself, in a good request. */
function rewritten(
  request: SignedRequest,
  name: 'signature-input' | 'signature',
  change: (text: string) => string,
) {
  const headers = { ...request.headers, [name]: change(String(request.headers[name])) };
  return { ...request, headers };
}

describe.each<[string, Partial<SignerOptions>, Partial<VerifierOptions>]>([
  ['hmac-sha256', {}, {}],
  [
    'ed25519',
    { algorithm: 'ed25519', key: PAIR.privateKey },
    { keys: new Map([['weir', PAIR.publicKey as KeyObject]]) },
  ],
])('a request signed with %s', (_name, signing, verifying) => {
  const { send, verify } = parties(signing, verifying);

  test('is believed, with facts of a caller and without', () => {
    expect(verify(send())).toBeNull();
    expect(verify(send({}, []))).toBeNull();
    expect(verify(send({}, [], '/graphql?a=b?c'))).toBeNull();
  });

  test.each<[string, Changes, RegExp]>([
    ['another method', { method: 'PUT' }, /wrong/],
    ['another path', { target: '/other' }, /wrong/],
    ['a query', { target: '/graphql?x=1' }, /@query is not signed/],
    ['another body', { body: Buffer.from('{"query":"{ users }"}') }, /body/],
    ['another caller', { plus: { 'x-user-id': 'u-6' } }, /wrong/],
    ['another role', { plus: { 'x-user-roles': 'a,b,admin' } }, /wrong/],
    ['a role twice', { plus: { 'x-user-roles': 'a,b, admin' } }, /wrong/],
    ['no caller', { plus: { 'x-user-id': undefined } }, /cannot be read/],
    ['a tenant', { plus: { 'x-tenant-id': 'north' } }, /x-tenant-id is not signed/],
    ['a persona', { plus: { 'x-persona': 'admin' } }, /x-persona is not signed/],
    ['a persona that is empty', { plus: { 'x-persona': '' } }, /x-persona is not signed/],
    ['no digest', { plus: { 'content-digest': undefined } }, /cannot be read/],
    ['another digest', { plus: { 'content-digest': 'sha-256=:AAAA:' } }, /wrong/],
    ['no signature', { plus: { signature: undefined } }, /not signed/],
    ['no signature input', { plus: { 'signature-input': undefined } }, /not signed/],
    ['a signature of nothing', { plus: { signature: 'weir=::' } }, /cannot be read/],
    ['a short signature', { plus: { signature: 'weir=:AAAA:' } }, /wrong/],
  ])('is refused with %s', (_title, changes, reason) => {
    expect(verify(send(changes))).toMatch(reason);
  });

  test.each<[string, (text: string) => string, RegExp]>([
    ['another time', text => text.replace(/created=\d+/, `created=${START / 1_000 - 1}`), /wrong/],
    ['no time', text => text.replace(/;created=\d+/, ''), /when it was made/],
    ['another nonce', text => text.replace(/nonce="./, 'nonce="_'), /wrong/],
    ['no nonce', text => text.replace(/;nonce="[^"]*"/, ''), /nonce/],
    ['an unknown key', text => text.replace('keyid="weir"', 'keyid="other"'), /not known/],
    ['the key of every object', text => text.replace('keyid="weir"', 'keyid="constructor"'), /not known/],
    ['another algorithm', text => text.replace(/alg="[^"]*"/, 'alg="none"'), /algorithm/],
    ['no algorithm', text => text.replace(/;alg="[^"]*"/, ''), /wrong/],
    ['another subgraph', text => text.replace('tag="users"', 'tag="orders"'), /another subgraph/],
    ['a caller that is not covered', text => text.replace(' "x-user-id"', ''), /x-user-id is not signed/],
    ['a body that is not covered', text => text.replace(' "content-digest"', ''), /content-digest/],
    ['a component twice', text => text.replace('"@path"', '"@path" "@path"'), /twice/],
    ['a parameter twice', text => `${text};tag="users"`, /twice/],
    ['a component nobody knows', text => text.replace('"@path"', '"@path" "@status"'), /cannot be read/],
    ['a parameter of a component', text => text.replace('"@path"', '"@path";req'), /cannot be read/],
    ['two signatures', text => `${text}, ${text}`, /cannot be read/],
    ['another label', text => text.replace('weir=', 'sig1='), /cannot be read/],
    ['a very long input', text => `${text};a="${'x'.repeat(5_000)}"`, /too long/],
  ])('is refused when its input is rewritten to name %s', (_title, change, reason) => {
    expect(verify(rewritten(send(), 'signature-input', change))).toMatch(reason);
  });

  test('is refused when its signature is of another request', () => {
    const other = String(send().headers['signature']);
    expect(verify(rewritten(send(), 'signature', () => other))).toMatch(/wrong/);
  });
});

test('the public key of ed25519 is no secret of hmac-sha256', () => {
  const pem = PAIR.publicKey.export({ type: 'spki', format: 'pem' });
  const { send, verify } = parties(
    { key: createSecretKey(Buffer.from(pem)) },
    { keys: new Map([['weir', PAIR.publicKey as KeyObject]]) },
  );
  expect(verify(send())).toMatch(/algorithm/);
  const unnamed = rewritten(send(), 'signature-input', text => text.replace(/;alg="[^"]*"/, ''));
  expect(verify(unnamed)).toMatch(/wrong/);
});

test('components that the gateway adds are checked, too', () => {
  const { send, verify } = parties({ components: ['@authority', 'content-type'] });
  expect(verify(send())).toBeNull();
  expect(verify(send({ plus: { host: 'elsewhere' } }))).toMatch(/wrong/);
  expect(verify(send({ plus: { 'content-type': 'text/plain' } }))).toMatch(/wrong/);
});

test('a subgraph may trust more headers, which then must be signed', () => {
  const { send, verify } = parties({}, { trusted: ['x-user-id', 'authorization'] });
  expect(verify(send({}, ['authorization', 'Bearer t']))).toBeNull();
  expect(verify(send({ plus: { authorization: 'Bearer t' } }))).toMatch(/authorization is not signed/);
});

describe('time', () => {
  test('a signature is good for a minute', () => {
    const { send, verify, time } = parties();
    const [early, late] = [send(), send()];
    time.ms += 60_000;
    expect(verify(early)).toBeNull();
    time.ms += 1_000;
    expect(verify(late)).toMatch(/too old/);
  });

  test('the clock of the gateway may be ahead a little', () => {
    const { send, verify, time } = parties();
    const [soon, later] = [send(), send()];
    time.ms -= 30_000;
    expect(verify(soon)).toBeNull();
    time.ms -= 1_000;
    expect(verify(later)).toMatch(/future/);
  });

  test('a signature that expires earlier is refused then', () => {
    const { send, verify, time } = parties();
    const request = rewritten(send(), 'signature-input', text => `${text};expires=${START / 1_000 + 5}`);
    const parameters = String(request.headers['signature-input']).slice('weir='.length);
    const names = [...parameters.slice(0, parameters.indexOf(')')).matchAll(/"([^"]+)"/g)].map(
      ([, name]) => name ?? '',
    );
    const derived: Record<string, string> = { '@method': 'POST', '@path': '/graphql' };
    const base = names.map(name => `"${name}": ${derived[name] ?? request.headers[name]}\n`).join('');
    const signature = signText(`${base}"@signature-params": ${parameters}`, {
      algorithm: 'hmac-sha256',
      key: KEY,
    });
    const good = rewritten(request, 'signature', () => `weir=:${signature}:`);
    time.ms += 5_000;
    expect(verify(good)).toMatch(/expired/);
    time.ms -= 1_000;
    expect(verify(good)).toBeNull();
  });
});

describe('replay', () => {
  test('no request is taken twice', () => {
    const { send, verify, time } = parties();
    const request = send();
    expect(verify(request)).toBeNull();
    expect(verify(request)).toMatch(/before/);
    time.ms += 59_000;
    expect(verify(request)).toMatch(/before/);
  });

  test('a request that was refused takes no room, and may come again', () => {
    const { send, verify } = parties({}, { maxNonces: 1 });
    const request = send();
    for (let count = 0; count < 5; count++) expect(verify({ ...request, method: 'PUT' })).toMatch(/wrong/);
    expect(verify(request)).toBeNull();
  });

  test('where room runs out requests are refused rather than taken twice', () => {
    const { send, verify, time } = parties({}, { maxNonces: 3 });
    const [early, overdue] = [send(), send()];
    expect(verify(early)).toBeNull();
    const requests = Array.from({ length: 5 }, () => {
      time.ms += 1_000;
      return send();
    });
    expect(requests.map(request => verify(request))).toEqual([null, null, null, null, null]);
    for (const request of [early, overdue, ...requests]) expect(verify(request)).toMatch(/before/);
    expect(verify(send())).toBeNull();
  });

  test('what is too old is forgotten', () => {
    const { send, verify, time } = parties({}, { maxNonces: 2 });
    for (let count = 0; count < 10; count++) {
      expect([verify(send()), verify(send())]).toEqual([null, null]);
      time.ms += 61_000;
    }
  });
});

describe('an example subgraph with a key', () => {
  const settings = { SUBGRAPH_SIGNATURE_KEY: SECRET };

  test('takes what the gateway sends, and nobody else’s word for who asks', async () => {
    const verify = verifierFromEnvironment('users', settings);
    await using users = await startSubgraph('users', { port: 0, verify });
    const { execution } = parseConfig(
      gatewayConfig,
      { execution: { subgraphs: { all: { signature: { algorithm: 'hmac-sha256', secret: SECRET } } } } },
      'test',
    );
    const signers = loadSigners(execution, { subgraphs: ['users'], folder: '.', clock: systemClock });
    const endpoint = { url: users.url, timeoutMs: 5_000, maxResponseBytes: 10_000, connections: 1 };
    const transport = createTransport(
      new Map([['users', { ...endpoint, sign: signers.get('users') }]]),
      systemClock,
    );
    await using _ = { [Symbol.asyncDispose]: () => transport.close() };
    const forward = compileForwarding(
      new Map([['users', { identity: true, headers: { request: [{ propagate: { name: 'x-odd' } }] } }]]),
    );
    for (const [facts, id] of [
      [{ subject: 'u-5', roles: new Set(['user', 'a,b']), tenant: 'Zoë', persona: null, claims: {} }, 'u-5'],
      [{ subject: null, roles: new Set<string>(), tenant: null, persona: null, claims: {} }, null],
    ] as const) {
      const forwarded = forward({ facts, headers: { 'x-odd': 'caf\u00e9 ' } });
      const deadlineAt = systemClock.elapsed() + 5_000;
      const context = { deadlineAt, requestId: 'r', traceparent: null, forwarded };
      const request = { subgraph: 'users', operationKind: 'query', body: BODY, context } as const;
      expect(await transport.fetch(request)).toMatchObject({
        status: 200,
        body: Buffer.from(JSON.stringify({ data: { me: id && { id } } })),
      });
    }
    const refused = await post(users.url, JSON.parse(BODY), { 'x-user-id': 'u-5' });
    expect(refused.status).toBe(401);
    expect(users.requests).toBe(2);
    expect((await fetch(`http://127.0.0.1:${users.port}/health`)).status).toBe(200);
  });

  test('is set up by the environment: a secret, or the file of a public key', async () => {
    await using folder = await temporaryFolder({
      'public.pem': String(PAIR.publicKey.export({ type: 'spki', format: 'pem' })),
      'rsa.pem': String(
        generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey.export({
          type: 'spki',
          format: 'pem',
        }),
      ),
    });
    const file = join(folder.path, 'public.pem');
    const { send, time } = parties({ algorithm: 'ed25519', key: PAIR.privateKey, keyId: 'k-2' });
    time.ms = Date.now();
    const env = { SUBGRAPH_SIGNATURE_PUBLIC_KEY_FILE: file, SUBGRAPH_SIGNATURE_KEY_ID: 'k-2' };
    expect(verifierFromEnvironment('users', env)?.(send())).toBeNull();
    expect(verifierFromEnvironment('users', {})).toBeUndefined();
    const unusable = [
      { SUBGRAPH_SIGNATURE_KEY: 'short' },
      { ...settings, SUBGRAPH_SIGNATURE_PUBLIC_KEY_FILE: file },
      { SUBGRAPH_SIGNATURE_PUBLIC_KEY_FILE: join(folder.path, 'none.pem') },
      { SUBGRAPH_SIGNATURE_PUBLIC_KEY_FILE: join(folder.path, 'rsa.pem') },
    ];
    for (const wrong of unusable) expect(() => verifierFromEnvironment('users', wrong)).toThrow();
  });
});

describe('keys of the gateway', () => {
  const load = (folder: string, privateKeyFile: string) => {
    const signature = { algorithm: 'ed25519', privateKeyFile } as const;
    const config = parseConfig(gatewayConfig, { execution: { subgraphs: { users: { signature } } } }, 'test');
    return loadSigners(config.execution, { subgraphs: ['users', 'orders'], folder, clock: systemClock });
  };

  test('are read from files beside the configuration, for the subgraphs that are to get signatures', async () => {
    const pem = String(PAIR.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await using folder = await temporaryFolder({ 'keys/private.pem': pem });
    expect([...load(folder.path, 'keys/private.pem').keys()]).toEqual(['users']);
  });

  test('that cannot be used are named, and what is in the file is not', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
    await using folder = await temporaryFolder({
      'rsa.pem': String(rsa.export({ type: 'pkcs8', format: 'pem' })),
      'text.pem': 'the words of a secret',
    });
    for (const name of ['rsa.pem', 'text.pem', 'none.pem']) {
      expect(() => load(folder.path, name)).toThrow(ConfigError);
      expect(() => load(folder.path, name)).toThrow(name);
      expect(() => load(folder.path, name)).not.toThrow('the words');
    }
  });
});
