import type { OverloadConfig } from '../../config/overload.ts';
import type { Persona } from '../../config/resolve-personas.ts';

/** From which on requests of a persona are refused: either is enough. */
export interface Threshold {
  /** Others in flight. */
  readonly requests: number;
  readonly lagMs: number;
}

/** Share of what the process can do at which those of the lowest priority are refused; the highest has all of it. */
const LOWEST_SHARE = 0.7;

/** By rank, as the distance between two priorities means nothing. Personas of one priority are refused together. */
export function compileThresholds(
  personas: readonly Persona[],
  { maxRequests, maxLag }: OverloadConfig,
): ReadonlyMap<Persona, Threshold> {
  const ranks = [...new Set(personas.map(({ priority }) => priority))].sort((a, b) => a - b);
  const highest = ranks.length - 1;
  return new Map(
    personas.map(persona => {
      const rank = ranks.indexOf(persona.priority);
      const share = rank === highest ? 1 : LOWEST_SHARE + ((1 - LOWEST_SHARE) * rank) / highest;
      // Rounded up, so that one request at a time is always possible.
      return [persona, { requests: Math.ceil(maxRequests * share), lagMs: maxLag * share }];
    }),
  );
}
