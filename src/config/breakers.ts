import { z } from 'zod';
import { parseDuration } from '../shared/duration.ts';
import { formatDuration } from '../shared/format-duration.ts';
import { count, duration } from './values.ts';

/** What samples a breaker looks at: those of the last time, or so many of the last ones. */
export type BreakerWindow =
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'calls'; readonly calls: number };

const MAX_CALLS = 10_000;
const SHORTEST_MS = 100;
const LONGEST_MS = 3_600_000;

/** @throws RangeError */
function parseWindow(text: string): BreakerWindow {
  const calls = /^(\d{1,6}) calls$/.exec(text)?.[1];
  if (calls === undefined) {
    const ms = windowMs(text);
    if (ms >= SHORTEST_MS && ms <= LONGEST_MS) return { kind: 'time', ms };
    throw new RangeError(
      `${text} is not between ${formatDuration(SHORTEST_MS)} and ${formatDuration(LONGEST_MS)}`,
    );
  }
  if (Number(calls) >= 1 && Number(calls) <= MAX_CALLS) return { kind: 'calls', calls: Number(calls) };
  throw new RangeError(`${text} is not between 1 and ${MAX_CALLS} calls`);
}

function windowMs(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    throw new RangeError(
      `"${text}" is no window; write a duration, as in 10s, or a number of calls, as in "100 calls"`,
    );
  }
}

const window = z
  .codec(z.string(), z.custom<BreakerWindow>(), {
    decode(text, context): BreakerWindow {
      try {
        return parseWindow(text);
      } catch (error) {
        context.issues.push({ code: 'custom', message: (error as Error).message, input: text });
        return z.NEVER;
      }
    },
    encode: value => (value.kind === 'time' ? formatDuration(value.ms) : `${value.calls} calls`),
  })
  .meta({ id: 'BreakerWindow', examples: ['10s', '100 calls'] });

const rate = z.number().gt(0).max(1);
const openFor = duration.refine(ms => ms >= SHORTEST_MS && ms <= LONGEST_MS, {
  error: `is not between ${formatDuration(SHORTEST_MS)} and ${formatDuration(LONGEST_MS)}`,
});

const settings = {
  failureRate: rate.describe('Share of failed calls in the window at which it opens.'),
  minimumCalls: count.max(1_000_000).describe('Calls in the window before it may open.'),
  window: window.describe('The calls that are looked at: of a time, or a number of them.'),
  openFor: openFor.describe('How long it stays open; twice as long each time in a row.'),
  maxOpenFor: openFor.describe('Longest time it stays open.'),
  probes: count.max(100).describe('Calls let through after that; all must do well for it to close.'),
  slowCall: duration.describe('A call that takes longer is slow. Absent: none is.'),
  slowCallRate: rate.describe('Share of slow calls in the window at which it opens.'),
  ignoreCodes: z
    .array(z.string().min(1))
    .describe("Codes of errors that are the client's fault, and no failures."),
};

const CLIENT_FAULTS = ['BAD_USER_INPUT', 'UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'];

const defaults = z.strictObject({
  failureRate: settings.failureRate.default(0.5),
  minimumCalls: settings.minimumCalls.default(20),
  window: settings.window.prefault('10s'),
  openFor: settings.openFor.prefault('5s'),
  maxOpenFor: settings.maxOpenFor.prefault('60s'),
  probes: settings.probes.default(3),
  slowCall: settings.slowCall.optional(),
  slowCallRate: settings.slowCallRate.default(0.8),
  ignoreCodes: settings.ignoreCodes.default(CLIENT_FAULTS),
});

const fallback = z.strictObject({
  stale: duration.optional().describe('How old the last good value may be that is given instead.'),
  value: z
    .json()
    .meta({ id: 'Json' })
    .optional()
    .describe('What is given instead, by the names of the schema.'),
});

const field = z.strictObject({
  enabled: z.boolean().optional().describe('false: not guarded.'),
  failureRate: settings.failureRate.optional(),
  minimumCalls: settings.minimumCalls.optional(),
  window: settings.window.optional(),
  openFor: settings.openFor.optional(),
  maxOpenFor: settings.maxOpenFor.optional(),
  probes: settings.probes.optional(),
  slowCall: settings.slowCall.optional(),
  slowCallRate: settings.slowCallRate.optional(),
  ignoreCodes: settings.ignoreCodes.optional(),
  fallback: fallback.optional().describe('What the field answers while it fails; overrides `@fallback`.'),
});

/** The arguments of `@circuitBreaker`, as they stand in a schema. */
export const circuitBreakerDirective = z.strictObject({
  failureRate: settings.failureRate.optional(),
  minimumCalls: settings.minimumCalls.optional(),
  window: settings.window.optional(),
  openFor: settings.openFor.optional(),
  probes: settings.probes.optional(),
  slowCall: settings.slowCall.optional(),
  slowCallRate: settings.slowCallRate.optional(),
});

/** The arguments of `@fallback`. */
export const fallbackDirective = z
  .strictObject({ stale: duration.optional(), value: z.string().optional() })
  .refine(({ stale, value }) => stale !== undefined || value !== undefined, {
    error: 'says neither stale nor value',
  });

/** Breakers of fields. */
export const breakersConfig = z.strictObject({
  guard: z
    .enum(['entries', 'declared'])
    .default('entries')
    .describe(
      'entries: every field at which a plan enters a subgraph has one. declared: only those do that `@circuitBreaker` or `fields` names.',
    ),
  scope: z
    .enum(['instance', 'cluster'])
    .default('instance')
    .describe(
      'cluster: instances tell each other, through `storage.redis`, of breakers that open and close. Without Redis each is alone.',
    ),
  default: defaults
    .prefault({})
    .describe('Of every field at which a plan enters a subgraph, and of what others leave unsaid.'),
  fields: z
    .record(
      z.string().regex(/^[_A-Za-z]\w*(\.[_A-Za-z]\w*)?$/, { error: 'is not Type or Type.field' }),
      field,
    )
    .default({})
    .describe('By `Type.field`, or `Type` for all of its fields; overrides `@circuitBreaker`.'),
  maxBreakers: count.max(100_000).default(5_000).describe('Breakers there may be; further fields have none.'),
});

export type BreakersConfig = z.output<typeof breakersConfig>;
export type BreakerSettings = z.output<typeof defaults>;
export type CircuitBreakerDirective = z.output<typeof circuitBreakerDirective>;
