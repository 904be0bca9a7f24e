import { CONFIGURATION } from '../config/config-source.ts';
import { ConfigError } from '../config/parse.ts';
import { createOverriding, type Overriding } from '../policy/override/overriding.ts';
import type { Generation } from '../supergraph/generation.ts';
import { overrideShares, unknownLabels } from '../supergraph/override-shares.ts';
import type { GatewayOptions } from './options.ts';

interface OverridesOptions extends Pick<GatewayOptions, 'config' | 'logger'> {
  readonly isFirst: boolean;
}

/** Each further one is another plan of every operation that comes under them all. */
const MAX_SHARES = 32;

/**
 * Null where no field is under a progressive override. A label that subgraphs no longer have ends a start; a gateway
 * that runs tells of it, as to move a field for good is to take the label out of the schema first.
 * @throws ConfigError
 */
export function createOverrides(
  { overrides: table, supergraphSchema: schema }: Generation,
  { config, logger, isFirst }: OverridesOptions,
): Overriding | null {
  const configured = config.execution.overrides;
  const unknown = unknownLabels(table, configured);
  if (unknown.length > 0) {
    if (isFirst) throw new ConfigError(CONFIGURATION, unknown);
    logger.warn({ problems: unknown }, 'execution.overrides has labels that no subgraph has any more');
  }
  const shares = overrideShares(table, configured);
  const partial = new Set([...shares.values()].filter(share => share > 0 && share < 100));
  if (partial.size > MAX_SHARES) throw new ConfigError(CONFIGURATION, [tooMany(partial.size)]);
  return createOverriding({ table, shares, schema });
}

function tooMany(shares: number): string {
  return (
    `execution.overrides and the labels percent(…) of the schema have ${shares} different shares, ` +
    `and each makes plans of its own; at most ${MAX_SHARES} can be told apart. Let labels have the same share`
  );
}
