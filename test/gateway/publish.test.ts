import { expect, test } from 'vitest';
import type { LiveGeneration } from '../../src/gateway/live-generation.ts';
import { createPublisher } from '../../src/gateway/publish.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { GenerationFeed } from '../../src/supergraph/generation-feed.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { createGate } from '../support/gate.ts';

const live = (id: string) =>
  ({ generation: { id, facts: { urls: new Map() } } }) as unknown as LiveGeneration;

test('of what comes while a generation is loaded the last is loaded next, and nothing in between', async () => {
  const feed = new GenerationFeed<LiveGeneration>({
    schemasOf: () => [],
    sdlOf: ({ generation }) => generation.id,
    retire: async () => {},
    keepMs: 1_000,
  });
  const parts = { metrics: createMetrics(), logger: createLogger('silent'), clock: systemClock };
  const publisher = createPublisher(feed, parts);
  const loaded: string[] = [];
  const { opened: held, open: finish } = createGate();
  publisher.publish(async () => {
    loaded.push('first');
    await held;
    return live('first');
  });
  await Promise.resolve();
  for (const id of ['second', 'third', 'fourth']) {
    publisher.publish(async () => {
      loaded.push(id);
      return live(id);
    });
  }
  finish();
  await publisher.settled();
  expect({ loaded, served: feed.current().generation.id }).toEqual({
    loaded: ['first', 'fourth'],
    served: 'fourth',
  });
  expect(await parts.metrics.registry.metrics()).not.toMatch(/weir_reloads_total\{outcome="failed"\} [1-9]/);
  await feed.close();
});
