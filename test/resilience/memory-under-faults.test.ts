import { describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import type { Respond } from '../support/fake-subgraph.ts';
import { startGateway } from '../support/start-gateway.ts';
import { type Growth, growthPerRequest } from './growth.ts';
import { FAULTS, letGoOfSockets } from './scripted-faults.ts';

const TOGETHER = 20;
const LOAD = { requestsPerRound: 40, rounds: 3 };

/** In every request and what is sent for it, so that whoever keeps anything of one keeps a lot. */
const NOTE = 'x'.repeat(16_384);
const MOST_BYTES = 6_000;
const MOST_HANDLES = 0.25;

/** All that may keep something of a request that fails: timers, second attempts, waiting places, samples. */
const configWith = (
  own: { readonly url?: string; readonly minimumCalls?: number } = {},
): GatewayConfigInput => {
  const { url, minimumCalls = 1_000 } = own;
  return {
    // By default more calls than a test makes: what is measured is what reaches the subgraph.
    breakers: { default: { window: '1000 calls', minimumCalls } },
    execution: {
      // What may be kept, up to a bound.
      replay: '0B',
      lastGood: '0B',
      sharing: { operations: false, fetches: false },
      subgraphs: {
        shaky: {
          url,
          timeout: '50ms',
          maxResponse: '64KiB',
          retry: { attempts: 2, backoff: '1ms', maxBackoff: '2ms' },
          hedge: { atLeast: '5ms' },
          concurrency: { max: TOGETHER - 4 },
        },
      },
    },
  };
};

const TYPES = 'type Query { broken(note: String): String }';

async function growthWith(respond: Respond | null, config = configWith()): Promise<Growth> {
  const shaky = { typeDefs: TYPES, ...(respond === null ? {} : { respond }) };
  await using gateway = await startGateway({ subgraphs: { shaky }, config });
  const { log, subgraphs } = gateway;
  let asked = 0;
  const ask = async (): Promise<void> => {
    const note = `${asked++}${NOTE}`;
    const { errors } = await gateway.ask('query($note: String) { broken(note: $note) }', { note });
    expect(errors).toHaveLength(1);
  };
  return await growthPerRequest({
    ...LOAD,
    async send(count) {
      for (let sent = 0; sent < count; sent += TOGETHER)
        await Promise.all(Array.from({ length: TOGETHER }, ask));
      letGoOfSockets();
      // The test's own record of them.
      subgraphs.shaky.requests.length = 0;
      (log as unknown[]).length = 0;
    },
  });
}

function expectFlat({ bytes, handles }: Growth): void {
  expect(bytes).toBeLessThan(MOST_BYTES);
  expect(handles).toBeLessThan(MOST_HANDLES);
}

describe('nothing is kept of requests to a subgraph that', () => {
  test.each(FAULTS)('%s', async (_name, _code, respond) => expectFlat(await growthWith(respond)));

  test('is down', async () => {
    expectFlat(await growthWith(null, configWith({ url: 'http://127.0.0.1:9/' })));
  });

  test('is left alone', async () => {
    const broken: Respond = (_seen, response) => void response.writeHead(500).end();
    expectFlat(await growthWith(broken, configWith({ minimumCalls: TOGETHER })));
  });
});

test('if something were, it would show', async () => {
  const kept: unknown[] = [];
  const growth = await growthPerRequest({
    ...LOAD,
    async send(count) {
      for (let sent = 0; sent < count; sent++)
        kept.push(
          Buffer.from(NOTE),
          setTimeout(() => {}, 60_000),
        );
    },
  });
  expect(growth.bytes).toBeGreaterThan(MOST_BYTES);
  expect(growth.handles).toBeGreaterThan(MOST_HANDLES);
  for (const timer of kept) if (!Buffer.isBuffer(timer)) clearTimeout(timer as NodeJS.Timeout);
});
