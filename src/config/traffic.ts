import { z } from 'zod';
import { count, timeLimit } from './values.ts';

const share = z.number().gt(0).max(1);

export const retryConfig = z.strictObject({
  attempts: count
    .max(10)
    .default(3)
    .describe('How often a request is sent at most, the first time included. 1: never again.'),
  backoff: timeLimit
    .prefault('25ms')
    .describe(
      'Longest wait before the second attempt; doubles with each, and is drawn at random below that.',
    ),
  maxBackoff: timeLimit
    .prefault('1s')
    .describe('Longest wait before any attempt. A `Retry-After` that is longer is not waited for.'),
  budget: share
    .default(0.2)
    .describe('Share of the calls of the last 10 s that may be sent again, so that retries are no storm.'),
  floor: z
    .number()
    .min(0)
    .max(10_000)
    .default(10)
    .describe('Retries a second that are allowed whatever the budget says.'),
  mutationsWith: z
    .string()
    .regex(/^[\w!#$%&'*+.^`|~-]{1,128}$/, { error: 'is not the name of a header' })
    .optional()
    .describe(
      'Header by which the subgraph knows a mutation that it has had, like idempotency-key: mutations that it is sent with are sent again too. Absent: none is.',
    ),
});

export const hedgeConfig = z.strictObject({
  quantile: z
    .number()
    .gt(0.5)
    .max(0.999)
    .default(0.95)
    .describe('A query that takes longer than this share of its like is sent a second time.'),
  atLeast: timeLimit.prefault('5ms').describe('Not before this time.'),
  budget: share.default(0.05).describe('Share of the calls of the last 10 s that may be sent twice.'),
});

export const concurrencyConfig = z.strictObject({
  max: count.max(100_000).describe('Requests in flight to the subgraph at most.'),
  queue: z
    .number()
    .int()
    .min(0)
    .max(100_000)
    .default(100)
    .describe('Requests that wait for one of them to end. More fail with OVERLOADED.'),
  wait: timeLimit.prefault('250ms').describe('How long they wait at most.'),
  adaptive: z
    .boolean()
    .default(false)
    .describe('Allow fewer than `max` while answers take longer than they usually do.'),
  min: count.max(100_000).default(4).describe('With adaptive: never fewer than these.'),
});

export type RetryConfig = z.output<typeof retryConfig>;
export type HedgeConfig = z.output<typeof hedgeConfig>;
export type ConcurrencyConfig = z.output<typeof concurrencyConfig>;
