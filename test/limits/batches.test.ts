import { expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { graphqlRequest } from '../support/start-gateway.ts';
import { type Limited, replyOf, startLimited } from './limited-graph.ts';

const CONFIG: GatewayConfigInput = {
  server: { batching: { maxOperations: 5 } },
  policy: {
    rateLimit: {
      limits: {
        tips: { limit: 1, window: '10s', spend: 'calls', for: { coordinates: ['Query.tip'] } },
        mottos: { limit: 1, window: '30s', spend: 'calls', for: { coordinates: ['Query.motto'] } },
        advice: {
          limit: 1,
          window: '50s',
          spend: 'calls',
          onExceeded: 'prune',
          for: { coordinates: ['Query.advice'] },
        },
      },
    },
  },
};

const send = async ({ handle }: Limited, queries: readonly string[]) =>
  replyOf(await handle(graphqlRequest(queries.map(query => ({ query })))));

const waits = ({ status, headers }: Awaited<ReturnType<typeof send>>) => [status, headers.get('retry-after')];

test('a batch says when all that was refused of it may come back, and nothing else of limits', async () => {
  await using gateway = await startLimited({ config: CONFIG });
  const first = await send(gateway, ['{ tip }', '{ motto }', '{ me { id } }']);
  expect(waits(first)).toEqual([200, null]);
  const refused = await send(gateway, ['{ tip }', '{ me { id } }', '{ motto }', '{ tip }']);
  expect(waits(refused)).toEqual([200, '30']);
  expect(refused.headers.has('ratelimit')).toBe(false);
  expect(refused.headers.has('ratelimit-policy')).toBe(false);
  expect(waits(await send(gateway, ['{ me { id } }', '{ tip }']))).toEqual([200, '10']);
  gateway.clock.at += 30_000;
  expect(waits(await send(gateway, ['{ tip }', '{ motto }']))).toEqual([200, null]);
});

test('what was refused for ever, left out or wrong in a batch is no reason to wait', async () => {
  await using gateway = await startLimited({ config: CONFIG });
  await send(gateway, ['{ advice }']);
  expect(waits(await send(gateway, ['{ a: tip b: tip }', '{ advice }', '{ nothing }', '{']))).toEqual([
    200,
    null,
  ]);
});
