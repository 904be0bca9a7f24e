import { z } from 'zod';
import { count, duration } from './values.ts';

/** `server.overload`: when the process has as much to do as it can, and what it says then. */
export const overloadConfig = z.strictObject({
  maxRequests: count
    .max(1_000_000)
    .default(1_000)
    .describe('Requests to the GraphQL endpoint in flight at most; a batch is one.'),
  maxLag: duration
    .prefault('200ms')
    .refine(ms => ms >= 10, { error: 'is shorter than 10ms, which a process that does well has at times' })
    .describe('How late the event loop may be, over some samples, before nobody else is let in.'),
  retryAfter: duration
    .prefault('1s')
    .describe('What clients that are refused are told in Retry-After; in whole seconds, 1 at least.'),
});

export type OverloadConfig = z.output<typeof overloadConfig>;
