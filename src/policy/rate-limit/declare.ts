import type {
  NamedLimitConfig,
  OutagePolicy,
  QuotaConfig,
  RateLimitConfig,
} from '../../config/rate-limit.ts';
import type { TiersConfig } from '../../config/tiers.ts';
import type { DirectedLimit } from '../../supergraph/rate-limit-directives.ts';

/** A limit, wherever it was written. */
export interface LimitDeclaration extends Omit<NamedLimitConfig, 'limit' | 'onOutage' | 'burst'> {
  /** What clients see; differs from that of every other. */
  readonly id: string;
  /** Where it was written, for messages. */
  readonly place: string;
  readonly limit: number;
  readonly burst: number | null;
  readonly onOutage: OutagePolicy;
}

export interface DeclaredLimits {
  readonly config: RateLimitConfig;
  readonly tiers: TiersConfig;
  /** What personas say of their own. */
  readonly personas: ReadonlyMap<string, QuotaConfig>;
  readonly directives: readonly DirectedLimit[];
}

/** All that are limits: what is unlimited is left out. Names that a writer chooses have none of `: @ . #`. */
export function declareLimits({
  config,
  tiers,
  personas,
  directives,
}: DeclaredLimits): readonly LimitDeclaration[] {
  const declared: (LimitDeclaration | null)[] = [];
  const add = (id: string, place: string, written: NamedLimitConfig): void => {
    const { limit, burst = null, onOutage = config.onOutage } = written;
    declared.push(limit === 'unlimited' ? null : { ...written, id, place, limit, burst, onOutage });
  };
  for (const [name, written] of Object.entries(config.limits))
    add(name, `policy.rateLimit.limits.${name}`, written);
  for (const [name, { rateLimit }] of Object.entries(tiers)) {
    if (rateLimit === undefined) continue;
    add(`tier:${name}`, `tiers.${name}.rateLimit`, of(rateLimit, { tiers: [name] }));
  }
  for (const [name, quota] of personas)
    add(`persona:${name}`, `personas.${name}.rateLimit`, of(quota, { personas: [name] }));
  for (const { id, coordinate, ...written } of named(directives))
    add(id, `@rateLimit on ${coordinate}`, {
      ...written,
      spend: 'calls',
      shadow: false,
      for: { coordinates: [coordinate] },
    });
  return declared.filter(declaration => declaration !== null);
}

function of(quota: QuotaConfig, whom: NamedLimitConfig['for']): NamedLimitConfig {
  return { ...quota, onExceeded: 'reject', for: whom };
}

/**
 * Directives have no name, so coordinate and place in the order of their numbers are one: it does not depend on
 * the order in which subgraphs were composed, and every instance finds the same.
 */
function named(directives: readonly DirectedLimit[]): readonly (DirectedLimit & { readonly id: string })[] {
  const byCoordinate = new Map<string, DirectedLimit[]>();
  for (const directive of directives) {
    const siblings = byCoordinate.get(directive.coordinate) ?? [];
    byCoordinate.set(directive.coordinate, siblings);
    siblings.push(directive);
  }
  return [...byCoordinate].flatMap(([coordinate, siblings]) =>
    siblings
      .sort((a, b) => a.window - b.window || compareTexts(JSON.stringify(a), JSON.stringify(b)))
      .map((directive, index) => ({
        ...directive,
        id: index === 0 ? `@${coordinate}` : `@${coordinate}#${index + 1}`,
      })),
  );
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
