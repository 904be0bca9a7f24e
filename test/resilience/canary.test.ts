import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { type Respond, type RunningFake, sendJson, startFakeSubgraph } from '../support/fake-subgraph.ts';
import { type RunningIssuer, startIssuer } from '../support/jwks-server.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type HandClock, handClock } from '../support/test-identity.ts';

const TYPES = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@composeDirective"])
  @link(url: "https://weir.dev/weir/v1.0", import: ["@fallback"])
  @composeDirective(name: "@fallback")
  directive @fallback(stale: String, value: String) on FIELD_DEFINITION
  type Query { version: String @fallback(stale: "1h") other: String }`;

const DOWN: Respond = (_seen, response) => sendJson(response, {}, 503);
const OPT_IN = { 'x-canary': '1' };
const ASK = '{ version }';

let issuer: RunningIssuer;
beforeAll(async () => {
  issuer = await startIssuer({ now: handClock().now });
});
afterAll(() => issuer[Symbol.asyncDispose]());

type Canaried = TestGateway<'products'> & {
  readonly clock: HandClock;
  readonly canary: RunningFake;
  /** The version that a request gets. */
  version(headers?: Readonly<Record<string, string>>): Promise<unknown>;
  metrics(name: string): Promise<readonly string[]>;
};

interface CanaryOptions extends GatewayConfigInput {
  /** Of the subgraph, besides its variants. */
  readonly settings?: object;
  readonly folder?: string;
}

/** A subgraph and a canary of it, each of which says which it is. */
async function startCanary(
  variant: object,
  { settings, folder, ...config }: CanaryOptions = {},
): Promise<Canaried> {
  const clock = handClock();
  const canary = await startFakeSubgraph({
    typeDefs: TYPES,
    resolvers: { Query: { version: () => 'canary', other: () => 'canary' } },
  });
  onTestFinished(() => canary[Symbol.asyncDispose]());
  const gateway = await startGateway({
    clock,
    ...(folder === undefined ? {} : { folder }),
    subgraphs: {
      products: {
        typeDefs: TYPES,
        resolvers: { Query: { version: () => 'stable', other: () => 'stable' } },
      },
    },
    config: {
      breakers: { guard: 'declared' },
      identity: { jwt: { providers: [issuer.provider] } },
      ...config,
      execution: {
        subgraphs: {
          products: { variants: { canary: { url: canary.url, ...variant } }, ...settings },
        },
      },
    },
  });
  return Object.assign(gateway, {
    clock,
    canary,
    version: async (headers = {}) => (await gateway.ask(ASK, {}, headers)).data?.['version'],
    async metrics(name: string) {
      const { body } = await gateway.gateway.admin.inject({ url: '/metrics' });
      return body.split('\n').filter(line => line.startsWith(name));
    },
  });
}

const bearer = (claims: Readonly<Record<string, unknown>>) => ({
  authorization: `Bearer ${issuer.token(claims)}`,
});

test('the same subject always gets the same variant, whatever else is different', async () => {
  await using gateway = await startCanary({ weight: 50 });
  const subjects = Array.from({ length: 24 }, (_, index) => `user-${index}`);
  const first = await Promise.all(subjects.map(sub => gateway.version(bearer({ sub }))));
  expect(new Set(first)).toEqual(new Set(['stable', 'canary']));
  const again = await Promise.all(
    subjects.map(sub => gateway.version({ ...bearer({ sub, extra: 1 }), 'x-forwarded-for': '10.9.8.7' })),
  );
  expect(again).toEqual(first);
});

test('callers without a subject are told apart by their address', async () => {
  const trusting = { policy: { rateLimit: { trustedProxies: 1 } } };
  await using gateway = await startCanary({ weight: 50 }, trusting);
  const addresses = Array.from({ length: 24 }, (_, index) => ({ 'x-forwarded-for': `10.0.0.${index}` }));
  const first = await Promise.all(addresses.map(headers => gateway.version(headers)));
  expect(new Set(first)).toEqual(new Set(['stable', 'canary']));
  expect(await Promise.all(addresses.map(headers => gateway.version(headers)))).toEqual(first);
});

test('a header, the persona and the tenant choose a variant', async () => {
  const personas = { beta: { match: { clients: [{ name: 'beta' }] } }, web: { match: { default: true } } };
  const beta = { 'graphql-client-name': 'beta' };
  await using byHeader = await startCanary({ when: { header: 'X-Canary', equals: '1' } });
  expect([await byHeader.version(OPT_IN), await byHeader.version()]).toEqual(['canary', 'stable']);
  // What chooses is told to no subgraph.
  expect(byHeader.canary.requests[0]?.headers).not.toHaveProperty('x-canary');
  await using byPersona = await startCanary({ persona: 'beta' }, { personas });
  expect([await byPersona.version(beta), await byPersona.version()]).toEqual(['canary', 'stable']);
  await using byTenant = await startCanary({ tenant: 'acme' });
  const [acme, north] = ['acme', 'north'].map(tenant => bearer({ sub: 'ada', tenant }));
  expect([await byTenant.version(acme), await byTenant.version(north)]).toEqual(['canary', 'stable']);
});

test('a persona that there is not stops the start', async () => {
  const personas = { beta: { match: { default: true } } };
  await expect(startCanary({ persona: 'betta' }, { personas })).rejects.toThrow(
    'execution.subgraphs.products.variants.canary.persona: there is no persona "betta"; did you mean "beta"?',
  );
});

test('equal requests in flight are not one for two variants', async () => {
  await using gateway = await startCanary({ when: { header: 'x-canary', equals: '1' } });
  const waiting: (() => void)[] = [];
  const hold =
    (version: string): Respond =>
    async (_seen, response) => {
      await new Promise<void>(resolve => waiting.push(resolve));
      sendJson(response, { data: { version } });
    };
  gateway.canary.respond = hold('canary');
  gateway.subgraphs.products.respond = hold('stable');
  const asked = [gateway.version(), gateway.version(OPT_IN), gateway.version(), gateway.version(OPT_IN)];
  await expect.poll(() => waiting.length).toBe(2);
  for (const go of waiting) go();
  expect(await Promise.all(asked)).toEqual(['stable', 'canary', 'stable', 'canary']);
  expect([gateway.canary.requests.length, gateway.requestCount()]).toEqual([1, 1]);
});

test('answers that are given again are the variant\u2019s own', async () => {
  await using gateway = await startCanary({ when: { header: 'x-canary', equals: '1' } });
  for (let round = 0; round < 4; round++) {
    expect(await gateway.version()).toBe('stable');
    expect(await gateway.version(OPT_IN)).toBe('canary');
  }
});

test('the last good value of one variant answers for no other', async () => {
  await using gateway = await startCanary({ when: { header: 'x-canary', equals: '1' } });
  expect(await gateway.version()).toBe('stable');
  gateway.canary.respond = DOWN;
  expect(await gateway.version(OPT_IN)).toBe(null);
  gateway.subgraphs.products.respond = DOWN;
  expect(await gateway.version()).toBe('stable');
});

test('a canary that fails is switched off, is told of, and comes back when it is said to', async () => {
  const switchOff = { minimumCalls: 10, restoreAfter: '1m' };
  await using gateway = await startCanary({ when: { header: 'x-canary', equals: '1' }, switchOff });
  const both = async (count: number) => {
    const versions = new Set<unknown>();
    for (let asked = 0; asked < count; asked++) {
      await gateway.version();
      versions.add(await gateway.version(OPT_IN));
    }
    return versions;
  };
  gateway.canary.respond = (_seen, response) =>
    sendJson(response, { data: { version: null }, errors: [{ message: 'a bug', path: ['version'] }] });
  await both(10);
  expect(gateway.log.filter(({ fields }) => 'variant' in fields)).toMatchObject([
    {
      level: 'warn',
      fields: { subgraph: 'products', variant: 'canary', reason: 'failures', calls: 10, failureRate: 1 },
    },
  ]);
  expect(await both(3)).toEqual(new Set(['stable']));
  expect(gateway.canary.requests).toHaveLength(10);
  expect(await gateway.metrics('weir_variant')).toEqual([
    'weir_variant_requests_total{subgraph="products",variant="stable",outcome="ok"} 16',
    'weir_variant_requests_total{subgraph="products",variant="canary",outcome="failed"} 10',
    'weir_variant_switch_offs_total{subgraph="products",variant="canary",reason="failures"} 1',
    'weir_variant_off{subgraph="products",variant="canary"} 1',
  ]);

  gateway.canary.respond = undefined;
  gateway.clock.at += 60_000;
  expect(await both(1)).toEqual(new Set(['canary']));
  expect(await gateway.metrics('weir_variant_off')).toEqual([
    'weir_variant_off{subgraph="products",variant="canary"} 0',
  ]);
  expect(gateway.log.at(-1)).toMatchObject({ level: 'info', fields: { variant: 'canary' } });
});

test('a canary that is slow is switched off', async () => {
  const switchOff = { minimumCalls: 10 };
  await using gateway = await startCanary({ when: { header: 'x-canary', equals: '1' }, switchOff });
  gateway.canary.respond = (_seen, response) => {
    gateway.clock.at += 100;
    sendJson(response, { data: { version: 'canary' } });
  };
  for (let asked = 0; asked < 10; asked++) {
    await gateway.version();
    await gateway.version(OPT_IN);
  }
  expect(gateway.log.at(-1)).toMatchObject({
    level: 'warn',
    fields: { variant: 'canary', reason: 'latency', p95Ms: expect.any(Number) },
  });
  expect(await gateway.version(OPT_IN)).toBe('stable');
});

test('a canary may have several instances, of which those that fail are left out', async () => {
  await using gateway = await startCanary({ weight: 0 });
  const other = await startFakeSubgraph({
    typeDefs: TYPES,
    resolvers: { Query: { version: () => 'canary 2' } },
  });
  onTestFinished(() => other[Symbol.asyncDispose]());
  const url = [gateway.canary.url, other.url];
  await using several = await startCanary({ when: { header: 'x-canary', equals: '1' }, url });
  const versions = [await several.version(OPT_IN), await several.version(OPT_IN)];
  expect(versions.sort()).toEqual(['canary', 'canary 2']);
  expect(await several.version()).toBe('stable');
});

test('an explanation says which variant was asked', async () => {
  const personas = { curious: { explain: true, match: { default: true } } };
  await using gateway = await startCanary({ when: { header: 'x-canary', equals: '1' } }, { personas });
  const explain = async (headers: object) =>
    (await gateway.ask(ASK, {}, { 'x-weir-explain': '1', ...headers })).extensions?.['explain'];
  expect(await explain(OPT_IN)).toMatchObject({ fetches: [{ subgraph: 'products', variant: 'canary' }] });
  expect(await explain({})).toMatchObject({ fetches: [expect.not.objectContaining({ variant: 'canary' })] });
});

test('what is sent again is sent to the same variant, and each time counts', async () => {
  const personas = { curious: { explain: true, match: { default: true } } };
  const settings = { retry: { backoff: '1ms', attempts: 2 } };
  await using gateway = await startCanary(
    { when: { header: 'x-canary', equals: '1' } },
    { personas, settings },
  );
  gateway.canary.respond = DOWN;
  const { extensions } = await gateway.ask(ASK, {}, { 'x-weir-explain': '1', ...OPT_IN });
  expect(extensions?.['explain']).toMatchObject({
    fetches: [{ variant: 'canary', outcome: 503, retries: 1 }],
  });
  expect([gateway.canary.requests.length, gateway.requestCount()]).toEqual([2, 0]);
  expect(await gateway.metrics('weir_variant_requests')).toEqual([
    'weir_variant_requests_total{subgraph="products",variant="canary",outcome="failed"} 2',
  ]);
});

test('shared caches keep nothing of a canary, and ask by the header that chooses it', async () => {
  await using folder = await temporaryFolder({ 'm.json': JSON.stringify({ other: '{ other }' }) });
  const personas = {
    public: {
      match: { default: true },
      documents: { manifests: ['m.json'] },
      response: { maxAge: '90s' },
    },
  };
  const when = { header: 'X-Canary', equals: '1' };
  const config = { personas, policy: { rateLimit: { trustedProxies: 1 } }, folder: folder.path };
  await using gateway = await startCanary({ when, weight: 50 }, config);
  const get = async (headers: Record<string, string>) => {
    const response = await gateway.handle(
      new Request('http://gateway/graphql?documentId=other', { headers }),
    );
    const { data } = (await response.json()) as { data: { other: string } };
    expect(response.headers.get('cache-control')).toBe(
      data.other === 'canary' ? 'no-store' : 'public, max-age=90',
    );
    if (data.other === 'stable') expect(response.headers.get('vary')).toContain('x-canary');
    return data.other;
  };
  const chosen = [await get(OPT_IN)];
  for (let last = 0; last < 12; last++) chosen.push(await get({ 'x-forwarded-for': `10.0.0.${last}` }));
  expect(chosen[0]).toBe('canary');
  expect(chosen).toContain('stable');
  expect(chosen.slice(1)).toContain('canary');
});
