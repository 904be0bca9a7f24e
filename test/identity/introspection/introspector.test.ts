import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { gatewayConfig } from '../../../src/config/gateway-config.ts';
import type { IntrospectionConfig } from '../../../src/config/identity.ts';
import { ConfigError, parseConfig } from '../../../src/config/parse.ts';
import { GatewayError } from '../../../src/errors.ts';
import { createIntrospector } from '../../../src/identity/introspection/introspector.ts';
import type { TokenIntrospector } from '../../../src/identity/ports.ts';
import { createMetrics, type Metrics } from '../../../src/telemetry/metrics.ts';
import { createGate } from '../../support/gate.ts';
import { startOwnTime } from '../../support/own-time.ts';
import { type AuthorizationServer, startAuthorizationServer } from './authorization-server.ts';

const SECRET = 'sécret:with %+ everything';
const TOKEN = 'opaque+token/of&one=user';
const START = 1_700_000_000_000;

let server: AuthorizationServer;
let metrics: Metrics;
let log: string[];
const clock = { at: 0, now: () => START + clock.at, elapsed: () => clock.at };

beforeEach(async () => {
  server = await startAuthorizationServer();
  metrics = createMetrics();
  log = [];
  clock.at = 0;
});

afterEach(() => server[Symbol.asyncDispose]());

function configured(overrides: Readonly<Record<string, unknown>> = {}): IntrospectionConfig {
  const introspection = {
    endpoint: server.url,
    clientId: 'weir gateway',
    clientSecret: SECRET,
    ...overrides,
  };
  const config = parseConfig(gatewayConfig, { identity: { introspection } }, 'test config');
  return config.identity.introspection as IntrospectionConfig;
}

function introspector(overrides: Readonly<Record<string, unknown>> = {}): TokenIntrospector {
  const line = (fields: object, message: string) => void log.push(JSON.stringify([fields, message]));
  return createIntrospector({
    config: configured(overrides),
    clock,
    fetch,
    metrics,
    logger: { debug: line, info: line, warn: line, error: line },
  });
}

async function refusal(asked: Promise<unknown>): Promise<GatewayError> {
  const error = await asked.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GatewayError);
  return error as GatewayError;
}

async function outcomes(): Promise<Record<string, number>> {
  const metric = await metrics.registry.getSingleMetric('weir_introspections_total')?.get();
  return Object.fromEntries((metric?.values ?? []).map(({ labels, value }) => [labels['outcome'], value]));
}

const challengeOf = (error: GatewayError) => new Headers([...error.headers]).get('www-authenticate');

describe('a question', () => {
  test('is a form with the token and the form-encoded credentials of the gateway', async () => {
    await introspector().introspect(TOKEN);
    const [asked] = server.asked;
    expect(asked?.method).toBe('POST');
    expect(asked?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(asked?.headers.accept).toBe('application/json');
    expect([...(asked?.form ?? [])]).toEqual([
      ['token', TOKEN],
      ['token_type_hint', 'access_token'],
    ]);
    const [scheme, encoded = ''] = asked?.headers.authorization?.split(' ') ?? [];
    expect([scheme, Buffer.from(encoded, 'base64').toString()]).toEqual([
      'Basic',
      'weir+gateway:s%C3%A9cret%3Awith+%25%2B+everything',
    ]);
  });

  test('is not carried on by a redirect', async () => {
    await using other = await startAuthorizationServer();
    server.answer = response => response.writeHead(307, { location: other.url }).end();
    expect((await refusal(introspector().introspect(TOKEN))).code).toBe('UNAUTHENTICATED');
    expect(other.asked).toEqual([]);
  });

  test('is asked once for all who present the token meanwhile, and for each token by itself', async () => {
    const gate = openGate();
    server.answer = async (response, { form }) => {
      await gate.opened;
      response.end(JSON.stringify({ active: true, sub: form.get('token') }));
    };
    const { introspect } = bound(introspector());
    const asking = Promise.all([...Array(20).fill('a'), ...Array(20).fill('b')].map(introspect));
    await server.untilAsked(2);
    gate.open();
    expect(new Set((await asking).map(({ subject }) => subject))).toEqual(new Set(['a', 'b']));
    expect(server.asked).toHaveLength(2);
  });

  test('waits while too many are asked, and is refused when too many wait', async () => {
    const gate = openGate();
    server.answer = async response => {
      await gate.opened;
      response.end('{"active":true}');
    };
    const { introspect } = bound(introspector({ timeout: '60s' }));
    const asking = Array.from({ length: 1_032 }, (_, index) => introspect(`token-${index}`));
    await server.untilAsked(32);
    const error = await refusal(introspect('one too many'));
    expect([error.code, error.headers.get('retry-after')]).toEqual(['OVERLOADED', '1']);
    expect(server.asked).toHaveLength(32);
    gate.open();
    await Promise.all(asking);
    expect(server.asked).toHaveLength(1_032);
  });
});

function openGate() {
  const { opened, open } = createGate();
  return { opened, open: () => open() };
}

function bound(introspector: TokenIntrospector) {
  return { introspect: (token: string) => introspector.introspect(token) };
}

describe('an active token', () => {
  test('is a caller with the facts of the answer', async () => {
    server.answer = {
      active: true,
      sub: 'u-1',
      scope: 'read:email write',
      client_id: 'app',
      roles: ['user'],
      tier: 'premium',
    };
    expect(await introspector().introspect(TOKEN)).toMatchObject({
      kind: 'introspection',
      subject: 'u-1',
      scopes: new Set(['read:email', 'write']),
      roles: new Set(['user']),
      client: 'app',
      tier: 'premium',
      claims: { sub: 'u-1' },
    });
    expect(await outcomes()).toEqual({ active: 1 });
  });

  test('is known without a question for a while, and refused once it was revoked and the while is over', async () => {
    const tokens = introspector({ cacheFor: '60s' });
    expect(tokens.known(TOKEN)).toBeNull();
    const caller = await tokens.introspect(TOKEN);
    server.answer = { active: false };
    clock.at = 59_999;
    expect(tokens.known(TOKEN)).toBe(caller);
    expect(await tokens.introspect(TOKEN)).toBe(caller);
    expect(server.asked).toHaveLength(1);
    clock.at = 60_000;
    expect(tokens.known(TOKEN)).toBeNull();
    expect((await refusal(tokens.introspect(TOKEN))).code).toBe('UNAUTHENTICATED');
    expect(tokens.known(TOKEN)).toBeNull();
  });

  test('is known until it expires at most', async () => {
    const tokens = introspector({ cacheFor: '60s' });
    server.answer = { active: true, exp: START / 1_000 + 10 };
    await tokens.introspect(TOKEN);
    clock.at = 9_999;
    expect(tokens.known(TOKEN)).not.toBeNull();
    clock.at = 10_000;
    expect(tokens.known(TOKEN)).toBeNull();
    expect((await refusal(tokens.introspect(TOKEN))).code).toBe('UNAUTHENTICATED');
  });

  test('is forgotten when there are more than are to be remembered', async () => {
    const tokens = introspector({ cache: 1 });
    await tokens.introspect('a');
    await tokens.introspect('b');
    expect([tokens.known('a'), tokens.known('b')]).toEqual([null, expect.anything()]);
  });
});

describe('a token is refused', () => {
  test.each([
    ['that is not active', { active: false, aud: 'weir' }],
    ['that is active only in words', { active: 'true', aud: 'weir' }],
    ['of which nothing is said', { aud: 'weir' }],
    ['that has expired', { active: true, aud: 'weir', exp: START / 1_000 }],
    ['that is not valid yet', { active: true, aud: 'weir', nbf: START / 1_000 + 60 }],
    ['for another service', { active: true, aud: 'another' }],
    ['for nobody', { active: true }],
    ['for a service that is no text', { active: true, aud: [['weir']] }],
    ['whose claims cannot be read', { active: true, aud: 'weir', tenant: { id: 't-1' } }],
  ])('%s', async (_what, answer) => {
    server.answer = answer;
    const tokens = introspector({ audiences: ['weir'] });
    const error = await refusal(tokens.introspect(TOKEN));
    expect([error.code, error.status]).toEqual(['UNAUTHENTICATED', 401]);
    expect(challengeOf(error)).toContain('error="invalid_token"');
    expect(tokens.known(TOKEN)).toBeNull();
    expect(await outcomes()).toEqual({ inactive: 1 });
  });

  test('without another question for a short while', async () => {
    const tokens = introspector();
    server.answer = { active: false };
    await refusal(tokens.introspect(TOKEN));
    server.answer = { active: true };
    clock.at = 9_999;
    expect(challengeOf(await refusal(tokens.introspect(TOKEN)))).toContain('invalid_token');
    expect(server.asked).toHaveLength(1);
    clock.at = 10_000;
    expect(await tokens.introspect(TOKEN)).toMatchObject({ kind: 'introspection' });
  });

  test('in any number without pushing out what is known of good ones', async () => {
    const tokens = introspector({ cache: 2 });
    await tokens.introspect(TOKEN);
    server.answer = { active: false };
    for (const token of ['a', 'b', 'c']) await refusal(tokens.introspect(token));
    expect(tokens.known(TOKEN)).not.toBeNull();
  });

  test('not for an audience among several, nor for a clock that is a little ahead', async () => {
    server.answer = { active: true, aud: ['other', 'weir'], nbf: START / 1_000 + 20, exp: null };
    expect(await introspector({ audiences: ['weir'] }).introspect(TOKEN)).toMatchObject({ subject: null });
  });
});

/** The ways not to answer. */
const FAILURES: [string, AuthorizationServer['answer']][] = [
  ['closes the connection', response => response.destroy()],
  ['answers with 500', response => response.writeHead(500).end('{"active":true}')],
  ['rejects the credentials of the gateway', response => response.writeHead(401).end()],
  ['answers with 204', response => response.writeHead(204).end()],
  ['answers with something else than JSON', response => response.end(`<p>${TOKEN}</p>`)],
  ['answers with a list', response => response.end('[{"active":true}]')],
  ['answers with true', response => response.end('true')],
  ['answers with null', response => response.end('null')],
  ['answers hugely', response => response.end(JSON.stringify({ active: true, pad: 'x'.repeat(65_536) }))],
  [
    'answers with a bomb',
    response =>
      response
        .setHeader('content-encoding', 'gzip')
        .end(gzipSync(JSON.stringify({ active: true, pad: 'x'.repeat(1_000_000) }))),
  ],
  [
    'nests its answer deeply',
    response => response.end(`{"active":true,"a":${'['.repeat(100)}${']'.repeat(100)}}`),
  ],
  ['says an expiry that is no time', { active: true, exp: 'tomorrow' }],
  ['stops in the middle', response => response.writeHead(200, { 'content-length': 99 }).write('{"active":')],
  ['hangs', () => {}],
];

describe.each(FAILURES)('an endpoint that %s', (_how, answer) => {
  test('has tokens denied, as nobody can say', async () => {
    const tokens = introspector({ timeout: '600ms', cacheFor: '1s' });
    await tokens.introspect(TOKEN);
    clock.at = 1_000;
    server.answer = answer;
    using time = startOwnTime();
    const error = await refusal(tokens.introspect(TOKEN));
    expect(time.ms).toBeLessThan(4_000);
    expect([error.code, error.status]).toEqual(['UNAUTHENTICATED', 401]);
    expect(error.message).toContain('cannot be checked now');
    expect(challengeOf(error)).toBe('Bearer realm="weir"');
    expect(await outcomes()).toEqual({ active: 1, failed: 1 });
    server.answer = { active: true };
    expect(await tokens.introspect(TOKEN)).toMatchObject({ kind: 'introspection' });
  });

  test('is stood in for by what it said last, if so configured and not too long ago', async () => {
    const tokens = introspector({
      timeout: '600ms',
      cacheFor: '1s',
      onUnavailable: 'last-known',
      lastKnownFor: '10s',
    });
    const caller = await tokens.introspect(TOKEN);
    server.answer = answer;
    clock.at = 9_999;
    expect(await tokens.introspect(TOKEN)).toBe(caller);
    expect(await outcomes()).toEqual({ active: 1, failed: 1, 'last-known': 1 });
    expect((await refusal(tokens.introspect('never seen'))).message).toContain('cannot be checked now');
    clock.at = 10_000;
    expect(tokens.known(TOKEN)).toBeNull();
    expect((await refusal(tokens.introspect(TOKEN))).code).toBe('UNAUTHENTICATED');
  });
});

describe('what the endpoint said last', () => {
  const LAST_KNOWN = { cacheFor: '1s', onUnavailable: 'last-known', lastKnownFor: '60s' };
  const down: AuthorizationServer['answer'] = response => response.destroy();

  test('does not outlive the token', async () => {
    const tokens = introspector(LAST_KNOWN);
    server.answer = { active: true, exp: START / 1_000 + 5 };
    await tokens.introspect(TOKEN);
    server.answer = down;
    clock.at = 5_000;
    expect((await refusal(tokens.introspect(TOKEN))).code).toBe('UNAUTHENTICATED');
  });

  test('is not that a token was good before it was revoked', async () => {
    const tokens = introspector(LAST_KNOWN);
    await tokens.introspect(TOKEN);
    clock.at = 1_000;
    server.answer = { active: false };
    await refusal(tokens.introspect(TOKEN));
    server.answer = down;
    clock.at = 20_000;
    expect((await refusal(tokens.introspect(TOKEN))).code).toBe('UNAUTHENTICATED');
  });

  test('is used without waiting for the endpoint each time, and the endpoint is asked again', async () => {
    const tokens = introspector(LAST_KNOWN);
    const caller = await tokens.introspect(TOKEN);
    server.answer = down;
    clock.at = 1_000;
    await tokens.introspect(TOKEN);
    expect(tokens.known(TOKEN)).toBe(caller);
    clock.at = 6_000;
    server.answer = { active: false };
    expect((await refusal(tokens.introspect(TOKEN))).code).toBe('UNAUTHENTICATED');
  });
});

test('neither the token nor a credential is in an error or in the log', async () => {
  const secrets = [TOKEN, SECRET, encodeURIComponent(TOKEN), 'Basic '];
  for (const [, answer] of FAILURES) {
    server.answer = answer;
    const error = await refusal(introspector({ timeout: '50ms' }).introspect(TOKEN));
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) log.push(cause.stack ?? '');
    log.push(JSON.stringify(error.toGraphQLError()));
  }
  expect(log.filter(line => line.includes('tokens cannot be checked'))).toHaveLength(FAILURES.length);
  expect(log.filter(line => secrets.some(secret => line.includes(secret)))).toEqual([]);
});

test('the log has one line a second about an endpoint that fails', async () => {
  const tokens = introspector();
  server.answer = response => response.destroy();
  for (const at of [0, 500, 999, 1_000]) {
    clock.at = at;
    await refusal(tokens.introspect(TOKEN));
  }
  expect(log).toHaveLength(2);
});

test('an endpoint with a credential in its URL is refused at the start', () => {
  const endpoint = server.url.replace('://', '://weir:hush@');
  expect(() => introspector({ endpoint })).toThrow(ConfigError);
});
