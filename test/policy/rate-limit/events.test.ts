import { expect, test } from 'vitest';
import { rateLimitEvents } from '../../../src/policy/rate-limit/events.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { recordingLogger } from '../../support/recording-logger.ts';
import { limitsOf } from './limits.ts';

test('a limit that is met is counted each time and logged once a second, and names nobody', async () => {
  let now = 0;
  const { logger, lines } = recordingLogger();
  const metrics = createMetrics();
  const events = rateLimitEvents({ logger, metrics, clock: { now: () => now, elapsed: () => now } });
  const { bind } = limitsOf({
    schema: 'type Query { a: Int @rateLimit(limit: 1, window: "1s", onExceeded: "prune") }',
    rateLimit: { limits: { r: { limit: 1, window: '1s' }, s: { limit: 1, window: '1s', shadow: true } } },
  });
  const buckets = bind('{ a }', { ip: '203.0.113.9' });
  for (let i = 0; i < 3; i++) for (const bucket of buckets) events.onExceeded(bucket);
  const text = await metrics.registry.metrics();
  expect(text).toContain('weir_rate_limited_total{limit="r",effect="reject"} 3');
  expect(text).toContain('weir_rate_limited_total{limit="s",effect="shadow"} 3');
  expect(text).toContain('weir_rate_limited_total{limit="@Query.a",effect="prune"} 3');
  expect(lines).toHaveLength(3);
  expect(JSON.stringify(lines)).not.toContain('203.0.113.9');
  now = 1_000;
  for (const bucket of buckets) events.onExceeded(bucket);
  expect(lines).toHaveLength(6);
});

test('an outage is one line when it begins and one when it ends, and a metric between', async () => {
  const { logger, lines } = recordingLogger();
  const metrics = createMetrics();
  const events = rateLimitEvents({ logger, metrics, clock: { now: () => 0, elapsed: () => 0 } });
  events.onChange(true, 'timeout');
  expect(await metrics.registry.metrics()).toContain('weir_rate_limit_outage 1');
  events.onChange(false, null);
  expect(await metrics.registry.metrics()).toContain('weir_rate_limit_outage 0');
  expect(lines.map(({ level }) => level)).toEqual(['warn', 'info']);
});
