import { z } from 'zod';
import { costConfig } from './cost.ts';
import { rateLimitConfig } from './rate-limit.ts';

const authorization = z.strictObject({
  mode: z
    .enum(['filter', 'reject', 'dry-run'])
    .default('filter')
    .describe(
      'What happens to fields that a caller may not see. filter: they are taken out. reject: the operation is refused. dry-run: nothing but a metric and a log line.',
    ),
  rules: z
    .string()
    .min(1)
    .optional()
    .describe('Module with graphql-shield rules, TypeScript or JavaScript, relative to the configuration.'),
});

/** What callers may do. */
export const policyConfig = z.strictObject({
  authorization: authorization
    .prefault({})
    .describe('@authenticated, @requiresScopes, @policy, and rules of your own.'),
  rateLimit: rateLimitConfig.prefault({}).describe('How much callers may do in a window of time.'),
  cost: costConfig.prefault({}).describe('What operations may cost: @cost and @listSize.'),
});

export type AuthorizationConfig = z.output<typeof authorization>;
