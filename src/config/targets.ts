import { z } from 'zod';
import { formatDuration } from '../shared/format-duration.ts';
import { count, duration, httpUrl } from './values.ts';

const MAX_TARGETS = 64;
const SHORTEST_MS = 100;
const LONGEST_MS = 3_600_000;

const someTime = duration.refine(ms => ms >= SHORTEST_MS && ms <= LONGEST_MS, {
  error: `is not between ${formatDuration(SHORTEST_MS)} and ${formatDuration(LONGEST_MS)}`,
});

const severalUrls = z
  .array(httpUrl)
  .min(1, { error: 'has no URL' })
  .max(MAX_TARGETS, { error: `has more than ${MAX_TARGETS} URLs` })
  .refine(urls => new Set(urls).size === urls.length, { error: 'has a URL twice' });

/** Where a service is: one URL, or those of its instances. */
export const targetUrls = z.union([httpUrl, severalUrls], {
  error: 'is neither an http(s) URL nor a list of them',
});

export type TargetUrls = z.output<typeof targetUrls>;

/** When one of several targets gets no requests. */
export const ejectionConfig = z.strictObject({
  failures: count
    .max(1_000)
    .default(5)
    .describe('Failures in a row (no connection, a timeout, a status of 5xx) after which it is taken out.'),
  outFor: someTime.prefault('10s').describe('How long; twice as long the second time, thrice the third …'),
  maxOutFor: someTime.prefault('5m').describe('Longest time it is out.'),
});

export type EjectionConfig = z.output<typeof ejectionConfig>;

export const probeConfig = z.strictObject({
  every: someTime.prefault('5s').describe('Time between two probes of one target.'),
  timeout: someTime.prefault('1s').describe('Longest time a probe may take.'),
  path: z
    .string()
    .max(1_024)
    .regex(/^\/[!"$-~]*$/, { error: 'is not a path, like /health' })
    .optional()
    .describe(
      'Path at the origin of each URL that is asked by GET, and does well with a status of 2xx. Absent: `{__typename}`, by POST to the URL.',
    ),
});

export type ProbeConfig = z.output<typeof probeConfig>;
