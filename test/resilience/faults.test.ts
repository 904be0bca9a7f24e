import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { type Catalogue, startCatalogue } from '../execution/failures/catalogue.ts';
import { sendJson } from '../support/fake-subgraph.ts';
import { startOwnTime } from '../support/own-time.ts';
import { handClock } from '../support/test-identity.ts';
import { FAULTS } from './scripted-faults.ts';

const OPEN_FOR_MS = 5_000;
const PROBES = 2;

/** Breakers that open after three failures, and retries that would make a storm of them. */
const ALL = {
  maxResponse: '64KiB',
  retry: { attempts: 3, backoff: '1ms', maxBackoff: '2ms', floor: 1_000 },
};

const configOf = (shaky: object = {}): GatewayConfigInput => ({
  breakers: {
    default: { window: '6 calls', minimumCalls: 3, openFor: '5s', maxOpenFor: '5s', probes: PROBES },
  },
  execution: {
    replay: '0B',
    lastGood: '0B',
    sharing: { operations: false, fetches: false },
    subgraphs: { all: ALL, shaky },
  },
});

async function ask(catalogue: Catalogue): Promise<string | null> {
  const { data, errors } = await catalogue.ask('{ fine broken }');
  // Whatever happens to its neighbour.
  expect(data?.['fine']).toBe('fine');
  if (errors === undefined) return null;
  expect(errors.map(({ path }) => path)).toEqual([['broken']]);
  return errors[0]?.extensions?.['code'] as string;
}

describe.each(FAULTS)('a subgraph that %s', (_name, code, respond) => {
  test('fails its own fields, is left alone when that goes on, and is found well again by itself', async () => {
    const clock = handClock();
    // Short only where it is waited for: others have the machine, too.
    const timeout = code === 'SUBGRAPH_TIMEOUT' ? '400ms' : '5s';
    await using catalogue = await startCatalogue({ config: configOf({ timeout }), clock });
    const { shaky } = catalogue.subgraphs;
    shaky.respond = respond;
    using time = startOwnTime();
    const codes: (string | null)[] = [];
    while (codes.at(-1) !== 'CIRCUIT_OPEN' && codes.length < 10) codes.push(await ask(catalogue));
    expect(codes).toEqual([code, code, code, 'CIRCUIT_OPEN']);
    // Three times the time of three attempts.
    expect(time.ms).toBeLessThan(9_000);
    const until = shaky.requests.length;
    expect(until).toBeLessThanOrEqual(9);

    for (let i = 0; i < 20; i++) expect(await ask(catalogue)).toBe('CIRCUIT_OPEN');
    expect(shaky.requests).toHaveLength(until);

    // Still broken: no more than the probes get through, and none of them twice.
    clock.at += OPEN_FOR_MS * 1.3;
    for (let i = 0; i < 20; i++) await ask(catalogue);
    expect(shaky.requests.length).toBeLessThanOrEqual(until + PROBES);

    shaky.respond = undefined;
    clock.at += OPEN_FOR_MS * 1.3;
    for (let i = 0; i < PROBES; i++) expect(await ask(catalogue)).toBeNull();
    for (let i = 0; i < 5; i++) expect(await ask(catalogue)).toBeNull();
  });
});

test('a subgraph that is down fails its own fields, and answers as soon as something listens again', async () => {
  const server = createServer();
  await new Promise<void>(done => void server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  await new Promise(done => void server.close(done));
  const clock = handClock();
  const url = `http://127.0.0.1:${port}/`;
  await using catalogue = await startCatalogue({
    config: configOf({ url }),
    clock,
  });
  for (let i = 0; i < 3; i++) expect(await ask(catalogue)).toBe('SUBGRAPH_UNAVAILABLE');
  expect(await ask(catalogue)).toBe('CIRCUIT_OPEN');
  const back = createServer(socket => {
    socket.on('data', () => {
      const body = '{"data":{"broken":"back"}}';
      socket.write(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    });
  });
  await new Promise<void>(done => void back.listen(port, '127.0.0.1', done));
  clock.at += OPEN_FOR_MS * 1.3;
  expect(await ask(catalogue)).toBeNull();
  back.close();
});

test('a field that fails every other time does not flap faster than its breaker stays open', async () => {
  const clock = handClock();
  await using catalogue = await startCatalogue({ config: configOf(), clock });
  const { shaky } = catalogue.subgraphs;
  let calls = 0;
  shaky.respond = (_seen, response) =>
    calls++ % 2 === 0 ? sendJson(response, {}, 500) : sendJson(response, { data: { broken: 'whole' } });
  for (let second = 0; second < 60; second++) {
    for (let i = 0; i < 5; i++) await ask(catalogue);
    clock.at += 1_000;
  }
  const openings = catalogue.log.filter(
    ({ message, fields }) =>
      message === 'a circuit breaker changed' && (fields as { to?: string }).to === 'open',
  );
  expect(openings.length).toBeGreaterThan(1);
  expect(openings.length).toBeLessThanOrEqual(60_000 / OPEN_FOR_MS + 1);
});
