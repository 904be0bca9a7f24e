import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { composeSupergraph } from '../support/compose.ts';
import { sendJson, startFakeSubgraph } from '../support/fake-subgraph.ts';
import { createGate } from '../support/gate.ts';
import { PATIENCE } from '../support/patience.ts';
import { startGateway } from '../support/start-gateway.ts';
import { handClock } from '../support/test-identity.ts';

const TYPES = 'type Query { who: String }';
const CANARY = { 'x-canary': '1' };

/** Two targets of one subgraph and a canary beside them, and another subgraph with a URL of its own. */
async function start() {
  const clock = handClock();
  const fake = async (name: string) => {
    const running = await startFakeSubgraph({
      typeDefs: TYPES,
      resolvers: { Query: { who: () => name } },
    });
    onTestFinished(() => running[Symbol.asyncDispose]());
    return running;
  };
  const [first, second, canary] = [await fake('first'), await fake('second'), await fake('canary')];
  const secret = second.url.replace('//', '//ann:secret@');
  const gateway = await startGateway({
    clock,
    supergraphSdl: composeSupergraph([
      { name: 'a', url: 'http://127.0.0.1:1/', typeDefs: TYPES },
      { name: 'b', url: 'http://127.0.0.1:2/graphql?key=secret', typeDefs: 'type Query { b: String }' },
    ]),
    config: {
      execution: {
        subgraphs: {
          a: {
            url: [first.url, secret],
            ejection: { failures: 2, outFor: '10s' },
            variants: {
              canary: {
                url: canary.url,
                when: { header: 'x-canary', equals: '1' },
                switchOff: { minimumCalls: 2, failureRate: 0.1 },
              },
            },
          },
        },
      },
    },
  });
  const admin = async (method: 'GET' | 'POST', path: string, payload?: object, headers = {}) => {
    const sent = { method, url: `/targets${path}`, headers, ...(payload === undefined ? {} : { payload }) };
    const { statusCode: status, ...answer } = await gateway.gateway.admin.inject(sent);
    return { status, text: answer.body, body: answer.json() };
  };
  const ask = async (headers = {}) => (await gateway.ask('{ who }', {}, headers)).data?.['who'];
  return Object.assign(gateway, { clock, first, second, canary, admin, whoAnswers: ask });
}

type Running = Awaited<ReturnType<typeof start>>;

const place = (variant: string, url: string, state = {}) => {
  const serving = {
    state: 'serving',
    outForMs: 0,
    pending: 0,
    failures: { requests: 0, probes: 0 },
    off: null,
  };
  return { subgraph: 'a', variant, url, ...serving, ...state };
};
const ALONE = { pending: null, failures: null };

async function ejectSecond({ second, whoAnswers }: Running): Promise<void> {
  second.respond = (_seen, response) => sendJson(response, {}, 503);
  for (let call = 0; call < 4; call++) await whoAnswers();
  second.respond = undefined;
}

async function switchOffCanary({ canary, whoAnswers }: Running): Promise<void> {
  canary.respond = (_seen, response) => sendJson(response, {}, 503);
  for (let call = 0; call < 2; call++) await whoAnswers(CANARY);
  canary.respond = undefined;
}

const audits = ({ log }: Running) => log.flatMap(({ fields }) => ('audit' in fields ? [fields.audit] : []));

test('tells where subgraphs are asked, without credentials, and how each place does', async () => {
  await using gateway = await start();
  const { first, second, canary, admin } = gateway;
  const { body, text } = await admin('GET', '');
  const whole = (url: string) => new URL(url).href;
  expect(body.targets).toEqual([
    place('stable', whole(first.url)),
    place('stable', whole(second.url)),
    place('canary', whole(canary.url), ALONE),
    { ...place('stable', 'http://127.0.0.1:2/graphql', ALONE), subgraph: 'b' },
  ]);
  expect(text).not.toContain('secret');
});

test('tells what is out and what is switched off, for how long and why', async () => {
  await using gateway = await start();
  await ejectSecond(gateway);
  await switchOffCanary(gateway);
  gateway.clock.at += 1_000;
  const { body } = await gateway.admin('GET', '');
  expect(body.targets[1]).toMatchObject({ state: 'ejected', outForMs: 9_000 });
  expect(body.targets[2].off).toMatchObject({ reason: 'failures', forMs: null, calls: 2, failureRate: 1 });
});

test('counts what is in flight, and failures until one target is out', async () => {
  await using gateway = await start();
  const { second, whoAnswers, admin } = gateway;
  second.respond = (_seen, response) => sendJson(response, {}, 503);
  for (let call = 0; call < 2; call++) await whoAnswers();
  const { opened: gate, open } = createGate();
  gateway.first.respond = async (_seen, response) => {
    await gate;
    sendJson(response, { data: { who: 'first' } });
  };
  const before = gateway.first.requests.length;
  const waiting = whoAnswers();
  await vi.waitFor(() => expect(gateway.first.requests.length).toBeGreaterThan(before), PATIENCE);
  const { body } = await admin('GET', '');
  open();
  await waiting;
  expect(body.targets.slice(0, 2)).toMatchObject([
    { pending: 1, failures: { requests: 0 } },
    { pending: 0, failures: { requests: 1 } },
  ]);
});

test('gives a target requests again that is out, and that is one line of the log', async () => {
  await using gateway = await start();
  await ejectSecond(gateway);
  const asked = async () => new Set([await gateway.whoAnswers(), await gateway.whoAnswers()]);
  expect(await asked()).toEqual(new Set(['first']));
  const target = gateway.second.url.replace('//', '//ann:secret@');
  const { status, body } = await gateway.admin('POST', '/restore', { subgraph: 'a', target });
  expect([status, body.targets]).toEqual([200, [place('stable', new URL(gateway.second.url).href)]]);
  expect(await asked()).toEqual(new Set(['first', 'second']));
  expect(audits(gateway)).toMatchObject([
    { action: 'restore-target', subgraph: 'a', target: new URL(gateway.second.url).href, status: 200 },
  ]);
  expect(JSON.stringify(gateway.log)).not.toContain('secret');
  const metrics = await gateway.gateway.admin.inject({ url: '/metrics' });
  expect(metrics.body).toMatch(/^weir_targets_ejected\{subgraph="a",target="[^"]+"\} 0$/m);
});

test('takes a target by the name that the log has', async () => {
  await using gateway = await start();
  await ejectSecond(gateway);
  const target = new URL(gateway.second.url).host;
  expect((await gateway.admin('POST', '/restore', { subgraph: 'a', target })).body.targets).toMatchObject([
    { state: 'serving' },
  ]);
});

test('switches a variant on again, and nothing else', async () => {
  await using gateway = await start();
  await ejectSecond(gateway);
  await switchOffCanary(gateway);
  expect(await gateway.whoAnswers(CANARY)).toBe('first');
  const { body } = await gateway.admin('POST', '/restore', { subgraph: 'a', variant: 'canary' });
  expect(body.targets).toMatchObject([{ variant: 'canary', off: null }]);
  expect(await gateway.whoAnswers(CANARY)).toBe('canary');
  expect((await gateway.admin('GET', '')).body.targets[1]).toMatchObject({ state: 'ejected' });
  // It is judged by what comes after.
  await switchOffCanary(gateway);
  expect(await gateway.whoAnswers(CANARY)).toBe('first');
});

test('restores all of a subgraph where nothing else is said', async () => {
  await using gateway = await start();
  await ejectSecond(gateway);
  await switchOffCanary(gateway);
  const { body } = await gateway.admin('POST', '/restore', { subgraph: 'a' });
  expect(body.targets).toMatchObject([{}, { state: 'serving' }, { off: null }]);
});

describe('does nothing', () => {
  test.each([
    ['without a subgraph', {}, 400, 'subgraph'],
    ['with a word that it does not know', { subgraph: 'a', all: true }, 400, 'all'],
    ['for what is no place', { subgraph: 'a', target: 'ann:secret@host' }, 400, 'host:port'],
    ['for a subgraph that there is not', { subgraph: 'aa' }, 404, 'did you mean "a"?'],
    ['for a variant that there is not', { subgraph: 'a', variant: 'canery' }, 404, 'did you mean "canary"?'],
    ['for another place', { subgraph: 'a', target: 'http://elsewhere/' }, 404, 'is not asked at'],
  ])('%s', async (_, order, status, says) => {
    await using gateway = await start();
    await ejectSecond(gateway);
    expect(await gateway.admin('POST', '/restore', order)).toMatchObject({
      status,
      body: { error: expect.stringContaining(says) },
    });
    expect((await gateway.admin('GET', '')).body.targets[1]).toMatchObject({ state: 'ejected' });
  });

  test('for a page of another site', async () => {
    await using gateway = await start();
    await ejectSecond(gateway);
    const headers = { 'sec-fetch-site': 'cross-site' };
    expect(await gateway.admin('POST', '/restore', { subgraph: 'a' }, headers)).toMatchObject({
      status: 403,
    });
    expect((await gateway.admin('GET', '')).body.targets[1]).toMatchObject({ state: 'ejected' });
  });
});
