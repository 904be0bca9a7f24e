import type { VariantConfig } from '../../../config/variants.ts';
import { shareOf } from '../../../shared/share-of.ts';
import type { RequestSource } from '../../headers/request-headers.ts';

/** One variant of a subgraph, and whether it may be chosen now. */
export interface Choosable {
  readonly name: string;
  readonly config: Pick<VariantConfig, 'weight' | 'when' | 'persona' | 'tenant'>;
  readonly isOn: () => boolean;
}

/** The name of the variant that a request gets; null: the subgraph itself. */
export type ChooseVariant = (source: RequestSource) => string | null;

type Condition = (source: RequestSource) => boolean;

interface Compiled extends Choosable {
  /** Null: none of its own. */
  readonly matches: Condition | null;
  /** Its part of 100 percent. */
  readonly from: number;
  readonly to: number;
}

/**
 * Compiles who gets which variant: the first whose conditions all hold, else the one that has the caller's share of
 * 100 percent. The share is by subject, or where nobody says who he is by the client's address; of each
 * subgraph by itself, so that not the same callers get everything that is new. What is switched off is nobody's.
 */
export function compileChoice(subgraph: string, variants: readonly Choosable[]): ChooseVariant {
  let sum = 0;
  const compiled = variants.map((variant): Compiled => {
    const from = sum;
    sum += variant.config.weight ?? 0;
    return { ...variant, matches: compileConditions(variant.config), from, to: sum };
  });
  const weighs = sum > 0;
  return source => {
    for (const variant of compiled)
      if (variant.matches?.(source) === true && variant.isOn()) return variant.name;
    if (!weighs) return null;
    const share = shareOf(`variant ${subgraph} ${source.facts.subject || (source.clientAddress?.() ?? '')}`);
    const chosen = compiled.find(({ from, to }) => share >= from && share < to);
    return chosen?.isOn() === true ? chosen.name : null;
  };
}

function compileConditions({ when, persona, tenant }: Choosable['config']): Condition | null {
  const conditions: Condition[] = [];
  if (when !== undefined) {
    const header = when.header.toLowerCase();
    conditions.push(({ headers }) => headers[header] === when.equals);
  }
  if (persona !== undefined) {
    const personas = new Set([persona].flat());
    conditions.push(({ facts }) => facts.persona !== null && personas.has(facts.persona));
  }
  if (tenant !== undefined) {
    const tenants = new Set([tenant].flat());
    conditions.push(({ facts }) => facts.tenant !== null && tenants.has(facts.tenant));
  }
  return conditions.length === 0 ? null : source => conditions.every(holds => holds(source));
}
