import { z } from 'zod';
import { parseBytes } from '../shared/bytes.ts';
import { duration, size } from './values.ts';

/** As long as a year, the longest that caches are to believe. */
export const LONGEST_LIFE_MS = 365 * 86_400_000;

const SCOPES = ['PUBLIC', 'PRIVATE'] as const;

const lifetime = duration.refine(ms => ms <= LONGEST_LIFE_MS, { error: 'is longer than a year' });

const NO_SECONDS = 'is not a whole number of seconds between 0 and a year';

const seconds = z
  .int({ error: NO_SECONDS })
  .min(0, NO_SECONDS)
  .max(LONGEST_LIFE_MS / 1_000, NO_SECONDS)
  .transform(value => value * 1_000);

/** What is said of one element; what is absent is left to others to say. All times are ms. */
export interface CacheHint {
  readonly maxAge?: number | undefined;
  readonly scope?: (typeof SCOPES)[number] | undefined;
  readonly inheritMaxAge?: boolean | undefined;
  readonly staleWhileRevalidate?: number | undefined;
  readonly staleIfError?: number | undefined;
}

/** Why a hint means nothing, or two things, or null. */
function objectionTo(hint: CacheHint): string | null {
  const { maxAge, inheritMaxAge, staleWhileRevalidate, staleIfError } = hint;
  if (Object.values(hint).every(value => value === undefined)) return 'says nothing';
  if (inheritMaxAge === true && maxAge !== undefined)
    return 'says both maxAge and inheritMaxAge; leave one of them out';
  if (maxAge === 0 && (staleWhileRevalidate ?? staleIfError ?? 0) > 0)
    return 'maxAge 0 is never kept, so it cannot be served stale; give it a maxAge';
  return null;
}

function complain(hint: CacheHint, context: z.core.$RefinementCtx): void {
  // Of what is misspelt nothing is left to judge.
  if (context.issues.length > 0) return;
  const message = objectionTo(hint);
  if (message !== null) context.addIssue({ code: 'custom', message });
}

const scope = z.enum(SCOPES, { error: 'is neither PUBLIC nor PRIVATE' });

/** The arguments of `@cacheControl`, as they stand in a schema. */
export const cacheControlDirective = z
  .strictObject({
    maxAge: seconds.optional(),
    scope: scope.optional(),
    inheritMaxAge: z.boolean().optional(),
    staleWhileRevalidate: seconds.optional(),
    staleIfError: seconds.optional(),
  })
  .superRefine(complain);

const field = z
  .strictObject({
    maxAge: lifetime.optional().describe('How long it may be kept. `0s`: not at all.'),
    scope: scope.optional().describe('PUBLIC: the same for everybody. PRIVATE: kept for each caller.'),
    inheritMaxAge: z
      .boolean()
      .optional()
      .describe('true: as long as the field above it, where it would be `defaultMaxAge`.'),
    staleWhileRevalidate: lifetime
      .optional()
      .describe('How long after `maxAge` it may be served while a fresh one is got.'),
    staleIfError: lifetime
      .optional()
      .describe('How long after `maxAge` it may be served where a fresh one cannot be had.'),
  })
  .superRefine(complain);

const part = z.strictObject({ enabled: z.boolean().default(true).describe('false: none are kept.') });

/** What personas say of caching. */
export const personaCache = z.strictObject({
  maxAge: z.number().min(0).max(100).optional().describe('Times are multiplied by it.'),
  disabled: z.boolean().optional().describe('true: nothing is kept for it, nor served from what is kept.'),
});

/** Answers and entities that are kept. Absent: nothing is. */
export const cacheConfig = z.strictObject({
  memory: size
    .refine(bytes => bytes >= parseBytes('1MiB'), { error: 'is less than 1MiB' })
    .prefault('64MiB')
    .describe('What a process keeps in its own memory at most.'),
  maxEntry: size.prefault('1MiB').describe('Larger answers and entities are not kept.'),
  redis: z
    .boolean()
    .optional()
    .describe('Whether instances share what they keep, in Redis. Absent: if `storage.redis` is there.'),
  defaultMaxAge: lifetime
    .prefault('0s')
    .describe('How long root fields, and fields of objects, may be kept of which nothing is said.'),
  fields: z
    .record(
      z.string().regex(/^[_A-Za-z]\w*(\.[_A-Za-z]\w*)?$/, { error: 'is not Type or Type.field' }),
      field,
    )
    .default({})
    .describe('By `Type` or `Type.field`; what is said here overrides `@cacheControl`.'),
  subgraphs: z
    .record(
      z.string(),
      z.strictObject({
        maxAge: lifetime.describe(
          'How long its replies are kept at most. `0s`: not at all, nor what is made of them.',
        ),
      }),
    )
    .default({})
    .describe('By subgraph: what is said here holds as if its replies said it.'),
  negative: lifetime
    .prefault('5s')
    .describe('How long it is remembered that an entity does not exist. `0s`: not at all.'),
  invalidateOnMutation: z
    .boolean()
    .default(true)
    .describe('Forget the entities that a mutation answers with.'),
  responses: part.prefault({}).describe('Whole answers.'),
  entities: part.prefault({}).describe('Entities and root fields, as subgraphs answer with them.'),
  surrogateKeys: z
    .boolean()
    .default(false)
    .describe('Tell shared caches in front of the gateway the tags of an answer, in `surrogate-key`.'),
  jitter: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.1)
    .describe('Share by which lifetimes are shortened at random, so that not all end at once.'),
  strict: z
    .boolean()
    .default(false)
    .describe('Refuse to serve a schema with public fields that depend on the caller. Else: a warning.'),
});

export type CacheConfig = z.output<typeof cacheConfig>;

/** How long replies of a subgraph are kept at most, ms; null: as long as they say. */
export function maxAgeOfReplies({ subgraphs }: Pick<CacheConfig, 'subgraphs'>, name: string): number | null {
  return Object.hasOwn(subgraphs, name) ? (subgraphs[name]?.maxAge ?? null) : null;
}
