import { z } from 'zod';
import { targetUrls } from './targets.ts';
import { count, duration } from './values.ts';

/** What the metrics call the subgraph itself, beside its variants. */
export const STABLE = 'stable';

const MAX_VARIANTS = 16;
const HEADER = /^[\w!#$%&'*+.^`|~-]{1,128}$/;

const name = z
  .string()
  .regex(/^[\w-]{1,64}$/, { error: 'may have letters, digits, _ and - only' })
  .refine(text => text !== STABLE, { error: `"${STABLE}" is the name of the subgraph itself` });

const oneOrMore = z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(100)], {
  error: 'is neither a name nor a list of names',
});

const when = z.strictObject({
  header: z
    .string()
    .regex(HEADER, { error: 'is not the name of a header' })
    .describe('A header of the client, by its name.'),
  equals: z.string().min(1).describe('The value that it must have.'),
});

const switchOff = z.strictObject({
  failureRate: z
    .number()
    .gt(0)
    .max(1)
    .default(0.05)
    .describe('How much larger its share of failed requests may be than that of the subgraph itself.'),
  latency: z
    .number()
    .gt(1)
    .max(1_000)
    .default(2)
    .describe('How many times as long as those of the subgraph itself its slow replies (p95) may take.'),
  window: duration
    .refine(ms => ms >= 1_000 && ms <= 3_600_000, { error: 'is not between 1s and 1h' })
    .prefault('1m')
    .describe('The requests that are compared: those of the last time.'),
  minimumCalls: count.max(1_000_000).default(50).describe('Requests in the window before they are compared.'),
  restoreAfter: duration
    .optional()
    .describe('When it gets requests again. Absent: not until the gateway is started again.'),
});

export type SwitchOffConfig = z.output<typeof switchOff>;

const variant = z
  .strictObject({
    url: targetUrls.describe('Where it is; a list where it has several instances.'),
    weight: z
      .number()
      .min(0)
      .max(100)
      .optional()
      .describe('Percent of callers that get it, always the same ones.'),
    when: when.optional().describe('Requests with this header get it.'),
    persona: oneOrMore.optional().describe('Requests of this persona, or one of these, get it.'),
    tenant: oneOrMore.optional().describe('Callers of this tenant, or one of these, get it.'),
    switchOff: switchOff.prefault({}).describe('When it gets no more requests, by itself.'),
  })
  .refine(
    ({ weight, ...conditions }) =>
      [weight, conditions.when, conditions.persona, conditions.tenant].some(said => said !== undefined),
    { error: 'nobody would get it: give it a weight, when, persona or tenant' },
  );

export type VariantConfig = z.output<typeof variant>;

/** Other versions of a subgraph, by name, for some of the requests. */
export const variantsConfig = z
  .record(name, variant)
  .refine(variants => Object.keys(variants).length <= MAX_VARIANTS, {
    error: `has more than ${MAX_VARIANTS} variants`,
  })
  .refine(variants => Object.values(variants).reduce((sum, { weight = 0 }) => sum + weight, 0) <= 100, {
    error: 'has weights that come to more than 100',
  });

export type VariantsConfig = z.output<typeof variantsConfig>;
