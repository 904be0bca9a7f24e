import type { CostCeiling, CostConfig } from '../../config/cost.ts';
import type { Persona } from '../../config/resolve-personas.ts';
import type { TiersConfig } from '../../config/tiers.ts';
import { GatewayError } from '../../errors.ts';
import type { SlicingProblem } from './compile.ts';

export interface Ceiling {
  readonly mode: CostConfig['mode'];
  /** Null: none. */
  readonly max: number | null;
}

interface CeilingInput {
  readonly personas: readonly Persona[];
  readonly tiers: TiersConfig;
  readonly config: Pick<CostConfig, 'mode' | 'max'>;
}

/** What holds for callers of a persona and a tier; null is no tier. */
export type CeilingOf = (persona: Persona, tier: string | null) => Ceiling;

/** All ceilings there can be, worked out once: they are as many as personas times tiers. */
export function compileCeilings({ personas, tiers, config }: CeilingInput): CeilingOf {
  const names = [null, ...Object.keys(tiers)];
  const ceilings = new Map(
    personas.map(persona => [
      persona,
      new Map(
        names.map(tier => [
          tier,
          ceilingFor(persona.cost, tier === null ? undefined : tiers[tier]?.cost, config),
        ]),
      ),
    ]),
  );
  return (persona, tier) => {
    const ceiling = ceilings.get(persona)?.get(tier);
    if (ceiling === undefined) throw new TypeError('the persona or tier is not one of this gateway');
    return ceiling;
  };
}

/** The mode of whoever says most exactly, and the lowest of all maxima. */
export function ceilingFor(
  cost: Pick<CostCeiling, 'mode' | 'max'>,
  ofTier: TiersConfig[string]['cost'],
  config: CeilingInput['config'],
): Ceiling {
  const own = [cost.max, ofTier?.max].filter(max => max !== undefined);
  const maxima = own.length === 0 && config.max !== undefined ? [config.max] : own;
  return {
    mode: cost.mode ?? ofTier?.mode ?? config.mode,
    max: maxima.length === 0 ? null : Math.min(...maxima),
  };
}

/** @throws GatewayError COST_LIMIT_EXCEEDED */
export function checkCeiling(estimated: number, { max }: Ceiling, problems: readonly SlicingProblem[]): void {
  const [problem] = problems;
  const cost = { estimated, max };
  if (problem !== undefined) {
    const { coordinate, slicingArguments, given } = problem;
    const what =
      given === 0 ? 'Without, nobody knows what it costs.' : `${given} are given; leave out the others.`;
    const message = `${coordinate} needs exactly one of ${slicingArguments.join(', ')}. ${what}`;
    throw new GatewayError('COST_LIMIT_EXCEEDED', { message, extensions: { cost } });
  }
  if (max === null || estimated <= max) return;
  const message = `The operation is estimated to cost ${estimated} points; ${max} are allowed. Ask for fewer items at a time.`;
  throw new GatewayError('COST_LIMIT_EXCEEDED', { message, extensions: { cost } });
}
