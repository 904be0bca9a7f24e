import { z } from 'zod';
import { formatDuration } from '../shared/format-duration.ts';
import { nearest } from '../shared/nearest.ts';
import { parseRateLimitKey } from './rate-limit-key.ts';
import { count, duration } from './values.ts';

const RATE_LIMIT_ALGORITHMS = ['token-bucket', 'leaky-bucket', 'sliding-window', 'fixed-window'] as const;

const ON_EXCEEDED = ['reject', 'prune'] as const;
const SHORTEST_MS = 100;
const LONGEST_MS = 31 * 86_400_000;

/** Above it numbers would no longer be exact in every store. */
const LARGEST = 1_000_000_000_000;

const names = z.array(z.string().min(1));

const NO_LIMIT = 'is neither a whole number above 0 nor "unlimited"';

const limit = z.union([z.literal('unlimited'), z.number().int(NO_LIMIT).positive(NO_LIMIT).max(LARGEST)], {
  error: ({ input }) => (input === undefined ? 'is missing' : NO_LIMIT),
});

const window = duration.refine(ms => ms >= SHORTEST_MS && ms <= LONGEST_MS, {
  error: `is not between ${formatDuration(SHORTEST_MS)} and ${formatDuration(LONGEST_MS)}`,
});

const key = z.string().superRefine((text, context) => {
  try {
    parseRateLimitKey(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
});

const quotaShape = {
  limit: limit.describe('What may be spent in a window; `unlimited` for no limit.'),
  window: window.prefault('1m').describe('The time that `limit` is for.'),
  by: z
    .array(key)
    .max(8)
    .default(['subject'])
    .describe(
      'Whose bucket it is: `subject`, `ip`, `api-key`, `client`, `tenant`, `persona`, `header:NAME`, `arg:PATH`, or several. Empty: one for everybody.',
    ),
  algorithm: choice(RATE_LIMIT_ALGORITHMS)
    .default('sliding-window')
    .describe('How it is counted; see docs/rate-limits.md.'),
  burst: count
    .max(LARGEST)
    .optional()
    .describe('What token-bucket and leaky-bucket hold at most. Absent: `limit`.'),
};

const enforcement = {
  shadow: z.boolean().default(false).describe('Measure and log without refusing.'),
  onOutage: choice(['local-share', 'allow', 'deny'])
    .optional()
    .describe('While Redis does not answer. Absent: as `policy.rateLimit.onOutage` says.'),
};

const SPENT_IN_GENERAL = 'What one operation spends: 1, or its estimated cost, settled afterwards.';

/** Of a persona or tier: `limit` for everything its callers do. */
export const quotaConfig = z
  .strictObject({
    ...quotaShape,
    spend: choice(['requests', 'cost']).default('requests').describe(SPENT_IN_GENERAL),
    ...enforcement,
  })
  .superRefine((quota, context) =>
    complain(context, [
      ...problemsOfQuota(quota),
      ...problemsOfKeys(quota, 'means nothing here, where no field is limited; use policy.rateLimit.limits'),
    ]),
  );

const audience = z.strictObject({
  personas: names.optional().describe('Callers of one of these personas.'),
  tiers: names.optional().describe('Callers of one of these tiers.'),
  operations: names.optional().describe('Names of operations, or ids of registered documents.'),
  subgraphs: names.optional().describe('Operations that need one of these subgraphs.'),
  coordinates: names
    .optional()
    .describe('Fields, as in `Query.search`, or types, for every field that answers with one.'),
});

/** The arguments of `@rateLimit`, as they stand in a schema. */
export const rateLimitDirective = z
  .strictObject({ ...quotaShape, window, onExceeded: choice(ON_EXCEEDED).default('reject') })
  .superRefine((quota, context) => complain(context, problemsOfQuota(quota)));

const namedLimit = z
  .strictObject({
    ...quotaShape,
    spend: choice(['requests', 'cost', 'calls'])
      .default('requests')
      .describe(
        'What one operation spends: 1, its estimated cost, or how often it calls the fields of `for.coordinates`.',
      ),
    onExceeded: choice(ON_EXCEEDED)
      .default('reject')
      .describe('Refuse the operation, or leave the fields of `for.coordinates` out.'),
    ...enforcement,
    for: audience
      .prefault({})
      .describe('What it is a limit on; all that is said must hold. Absent: everything.'),
  })
  .superRefine((written, context) => complain(context, problemsOfLimit(written)));

/** `policy.rateLimit`. */
export const rateLimitConfig = z.strictObject({
  limits: z
    .record(
      z.string().regex(/^[A-Za-z][\w-]{0,62}$/, {
        error: 'a name is a letter and then letters, digits, _ and -',
      }),
      namedLimit,
    )
    .default({})
    .describe('By name, which clients see in the headers.'),
  trustedProxies: z
    .number()
    .int()
    .min(0)
    .max(16)
    .default(0)
    .describe('Proxies in front of the gateway that add to X-Forwarded-For. 0: the header is not read.'),
  exactLogLimit: z
    .number()
    .int()
    .min(0)
    .max(100_000)
    .default(1_000)
    .describe('Largest `limit` for which sliding-window keeps the time of each request.'),
  cachedWeight: z
    .number()
    .int()
    .min(0)
    .max(1_000)
    .default(1)
    .describe('What an answer from the cache spends, whatever it would have cost.'),
  onOutage: choice(['local-share', 'allow', 'deny'])
    .default('local-share')
    .describe(
      'While Redis does not answer. local-share: each gateway admits its share of the limit. allow: all. deny: none.',
    ),
});

export type RateLimitConfig = z.output<typeof rateLimitConfig>;
export type NamedLimitConfig = z.output<typeof namedLimit>;
export type QuotaConfig = z.output<typeof quotaConfig>;
export type RateLimitDirective = z.output<typeof rateLimitDirective>;
export type OutagePolicy = RateLimitConfig['onOutage'];

type Quota = Pick<QuotaConfig, 'burst' | 'algorithm'>;

interface Problem {
  readonly at: string;
  readonly message: string;
}

function problemsOfQuota({ burst, algorithm }: Quota): readonly Problem[] {
  if (burst === undefined) return [];
  if (!algorithm.endsWith('-bucket'))
    return [{ at: 'burst', message: `means nothing to ${algorithm}; leave it out or take token-bucket` }];
  return [];
}

function problemsOfLimit(written: NamedLimitConfig): readonly Problem[] {
  const { spend, onExceeded, for: on } = written;
  const problems = [...problemsOfQuota(written)];
  if ((on.coordinates ?? []).length > 0) return problems;
  const lacks = 'needs for.coordinates, to say which fields';
  if (spend === 'calls') problems.push({ at: 'spend', message: `calls ${lacks}` });
  if (onExceeded === 'prune') problems.push({ at: 'onExceeded', message: `prune ${lacks}` });
  return [...problems, ...problemsOfKeys(written, lacks)];
}

/** Without a field there is no argument, and all callers would share one bucket. */
function problemsOfKeys({ by }: Pick<QuotaConfig, 'by'>, why: string): readonly Problem[] {
  const argument = by.findIndex(text => text.startsWith('arg:'));
  return argument < 0 ? [] : [{ at: `by.${argument}`, message: `${by[argument]} ${why}` }];
}

function complain(context: z.core.$RefinementCtx, problems: readonly Problem[]): void {
  for (const { at, message } of problems)
    context.issues.push({ code: 'custom', path: at.split('.'), message, input: context.value });
}

/** One of some words; another is told the nearest of them. */
function choice<const T extends readonly string[]>(words: T): z.ZodEnum<{ [K in T[number]]: K }> {
  return z.enum(words, {
    error: ({ input }) => {
      const suggestion = typeof input === 'string' ? nearest(input, words) : undefined;
      const hint =
        suggestion === undefined ? `write one of ${words.join(', ')}` : `did you mean "${suggestion}"?`;
      return `"${String(input)}" is not known here; ${hint}`;
    },
  });
}
