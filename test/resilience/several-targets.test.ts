import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { composeSupergraph } from '../support/compose.ts';
import { type RunningFake, sendJson, startFakeSubgraph } from '../support/fake-subgraph.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { type HandClock, handClock } from '../support/test-identity.ts';
import { startOtlpReceiver } from '../telemetry/otlp-receiver.ts';

const TYPES = 'type Query { who: String at(n: Int!): String }';

type ThreeInstances = TestGateway<never> & {
  readonly clock: HandClock;
  readonly instances: readonly [RunningFake, RunningFake, RunningFake];
  metric(name: string): Promise<readonly unknown[]>;
};

/** Three instances of one subgraph, each of which says its number, behind a gateway whose clock stands still. */
async function startThree(settings: object = {}, config: GatewayConfigInput = {}): Promise<ThreeInstances> {
  const clock = handClock();
  const start = async (number: number) => {
    const say = () => `instance ${number}`;
    const fake = await startFakeSubgraph({ typeDefs: TYPES, resolvers: { Query: { who: say, at: say } } });
    onTestFinished(() => fake[Symbol.asyncDispose]());
    return fake;
  };
  const instances = [await start(0), await start(1), await start(2)] as const;
  const url = instances.map(fake => fake.url);
  const gateway = await startGateway({
    clock,
    supergraphSdl: composeSupergraph([{ name: 'a', url: 'http://127.0.0.1:1/', typeDefs: TYPES }]),
    config: {
      breakers: { guard: 'declared' },
      ...config,
      execution: { subgraphs: { a: { url, ...settings } } },
    },
  });
  return Object.assign(gateway, {
    clock,
    instances,
    async metric(name: string) {
      const found = await gateway.gateway.admin.inject({ url: '/metrics' });
      return found.body.split('\n').filter(line => line.startsWith(name));
    },
  });
}

test('requests go round among the instances of a subgraph', async () => {
  await using gateway = await startThree();
  for (let count = 0; count < 6; count++) await gateway.ask('{ who }');
  expect(gateway.instances.map(({ requests }) => requests.length)).toEqual([2, 2, 2]);
});

test('of an instance that dies under traffic few requests fail, and it gets some again when its time is over', async () => {
  await using gateway = await startThree();
  const [, dying] = gateway.instances;
  const ask = async (count: number) => {
    const asked = Array.from({ length: count }, (_, n) =>
      gateway.ask(`query($n: Int!) { at(n: $n) }`, { n }),
    );
    return (await Promise.all(asked)).filter(({ errors }) => errors !== undefined).length;
  };
  dying.respond = (_seen, response) => void response.destroy();
  let failed = 0;
  for (let round = 0; round < 30; round++) failed += await ask(4);
  expect(failed).toBeGreaterThanOrEqual(5);
  expect(failed).toBeLessThanOrEqual(8);
  const { host } = new URL(dying.url);
  expect(gateway.log.filter(({ fields }) => 'outMs' in fields)).toMatchObject([
    { level: 'warn', fields: { subgraph: 'a', target: host, outMs: 10_000 } },
  ]);
  expect(await gateway.metric('weir_target')).toEqual([
    `weir_target_ejections_total{subgraph="a",target="${host}"} 1`,
    `weir_targets_ejected{subgraph="a",target="${host}"} 1`,
  ]);

  dying.respond = undefined;
  dying.requests.length = 0;
  expect(await ask(30)).toBe(0);
  expect(dying.requests).toHaveLength(0);
  gateway.clock.at += 10_000;
  expect(await ask(30)).toBe(0);
  expect(dying.requests).toHaveLength(10);
  expect(gateway.log.filter(({ message }) => message.includes('again'))).toMatchObject([
    { level: 'info', fields: { subgraph: 'a', target: host } },
  ]);
  expect(await gateway.metric('weir_targets_ejected')).toEqual([
    `weir_targets_ejected{subgraph="a",target="${host}"} 0`,
  ]);
});

test('what is sent again is sent to another instance', async () => {
  const personas = { curious: { explain: true, match: { default: true } } };
  await using gateway = await startThree({ retry: { backoff: '1ms' } }, { personas });
  gateway.instances[0].respond = (_seen, response) => void response.destroy();
  const { data, extensions } = await gateway.ask('{ who }', {}, { 'x-weir-explain': '1' });
  expect(data).toEqual({ who: 'instance 1' });
  expect(extensions?.['explain']).toMatchObject({ fetches: [{ subgraph: 'a', outcome: 200, retries: 1 }] });
});

test('all instances failing, more than half of them still get requests', async () => {
  await using gateway = await startThree();
  for (const instance of gateway.instances)
    instance.respond = (_seen, response) => sendJson(response, {}, 503);
  for (let count = 0; count < 60; count++) await gateway.ask('{ who }');
  expect(gateway.log.filter(({ fields }) => 'outMs' in fields)).toHaveLength(1);
  for (const instance of gateway.instances) instance.requests.length = 0;
  for (let count = 0; count < 4; count++) await gateway.ask('{ who }');
  expect(gateway.instances.map(({ requests }) => requests.length).sort()).toEqual([0, 2, 2]);
});

test('probes find an instance that is down before requests do, and one that is up again', async () => {
  await using gateway = await startThree({ probe: { every: '100ms' }, ejection: { failures: 2 } });
  const [first] = gateway.instances;
  first.respond = (_seen, response) => sendJson(response, {}, 500);
  await vi.waitFor(() => expect(gateway.log.map(({ level }) => level)).toContain('warn'), 5_000);
  for (let count = 0; count < 3; count++)
    expect(await gateway.ask('{ who }')).toEqual({ data: { who: expect.not.stringContaining('0') } });
  const [probe] = first.requests;
  expect(probe).toMatchObject({ query: '{__typename}' });
  expect(probe?.headers).not.toHaveProperty('x-user-id');

  first.respond = undefined;
  const isBack = () => gateway.log.some(({ message }) => message.includes('again'));
  await vi.waitFor(() => expect(isBack()).toBe(true), 5_000);
});

test('probes end with the gateway', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const gateway = await startThree({ probe: { every: '100ms' }, ejection: { failures: 1 } });
  const [first] = gateway.instances;
  first.respond = () => {};
  vi.advanceTimersByTime(100);
  await vi.waitUntil(() => first.requests.length > 0, 5_000);
  await gateway[Symbol.asyncDispose]();
  // The one in flight, whose connection was closed, does not say that the target fails; and no other is sent.
  expect(gateway.log.filter(({ fields }) => 'outMs' in fields)).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('the signature and the trace of a request name the instance that it is sent to', async () => {
  await using receiver = await startOtlpReceiver();
  const secret = 'a secret of thirty-two characters';
  const signature = { algorithm: 'hmac-sha256', secret, components: ['@authority'] };
  const gateway = await startThree({ signature }, { telemetry: { otlp: { endpoint: receiver.url } } });
  for (let count = 0; count < 3; count++) await gateway.ask('{ who }');
  await gateway[Symbol.asyncDispose]();
  for (const { url, requests } of gateway.instances) {
    const [seen] = requests;
    expect(signedBy(seen?.headers ?? {}, secret, new URL(url).host)).toBe(true);
  }
  const fetches = receiver.spans.filter(({ name }) => name === 'weir.fetch');
  expect(fetches.map(({ attributes }) => attributes['url.full'])).toEqual(
    gateway.instances.map(({ url }) => url),
  );
});

/** As a verifier at that authority would see it. */
function signedBy(headers: IncomingHttpHeaders, secret: string, authority: string): boolean {
  const parameters = String(headers['signature-input']).slice('weir='.length);
  const derived = new Map([
    ['@method', 'POST'],
    ['@path', '/graphql'],
    ['@authority', authority],
  ]);
  const names = /^\(([^)]*)\)/.exec(parameters)?.[1]?.replaceAll('"', '').split(' ') ?? [];
  const lines = names.map(name => `"${name}": ${derived.get(name) ?? headers[name]}`);
  const base = [...lines, `"@signature-params": ${parameters}`].join('\n');
  const expected = createHmac('sha256', secret).update(base).digest('base64');
  return headers['signature'] === `weir=:${expected}:`;
}
