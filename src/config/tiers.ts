import { z } from 'zod';
import { costCeiling } from './cost.ts';
import { quotaConfig } from './rate-limit.ts';

const tier = z.strictObject({
  rateLimit: quotaConfig
    .optional()
    .describe('What each of its callers may do in a window. Absent: no limit of the tier.'),
  // Weights and list sizes would make an operation's cost depend on who asks; personas have views of their own for that.
  cost: costCeiling
    .omit({ weights: true, listSizes: true })
    .optional()
    .describe('What one operation may cost.'),
  default: z
    .boolean()
    .optional()
    .describe('The tier of callers whose credential names none, or one that is not here.'),
});

/** By name: the `tier` of a credential picks one. */
export const tiersConfig = z.record(
  z
    .string()
    .regex(/^[A-Za-z][\w-]{0,62}$/, { error: 'a name is a letter and then letters, digits, _ and -' }),
  tier,
);

export type TiersConfig = z.output<typeof tiersConfig>;

/** The tier of a caller by the name in its credential, or null where none is configured. */
export function compileTiers(tiers: TiersConfig): (named: string | null) => string | null {
  const names = new Set(Object.keys(tiers));
  const fallback = [...names].find(name => tiers[name]?.default === true) ?? null;
  return named => (named !== null && names.has(named) ? named : fallback);
}
