import type { OverridesConfig } from '../config/overrides.ts';
import { nearest } from '../shared/nearest.ts';
import type { OverrideTable } from './override-labels.ts';

/** Label → percent of the callers for whom it is on: as it says itself, or as the config says. Else none. */
export function overrideShares(
  { labels }: OverrideTable,
  config: OverridesConfig,
): ReadonlyMap<string, number> {
  return new Map([...labels].map(([label, own]) => [label, own ?? percentOf(config, label)] as const));
}

function percentOf(config: OverridesConfig, label: string): number {
  const share = Object.hasOwn(config, label) ? config[label] : undefined;
  if (typeof share === 'number') return share;
  return share === true ? 100 : 0;
}

/**
 * Labels in the config that no subgraph declares: a misspelt one would leave every caller where it was, silently.
 * One sentence each, with the nearest label.
 */
export function unknownLabels({ labels }: OverrideTable, config: OverridesConfig): readonly string[] {
  const names = [...labels].flatMap(([label, percent]) => (percent === null ? [label] : []));
  return Object.keys(config)
    .filter(label => !names.includes(label))
    .map(label => `execution.overrides.${label}: no subgraph has such a label; ${hint(label, names)}`);
}

function hint(label: string, names: readonly string[]): string {
  const suggestion = nearest(label, names);
  if (suggestion !== undefined) return `did you mean "${suggestion}"?`;
  return names.length === 0 ? 'there is no @override with a named label' : `there are ${names.join(', ')}`;
}
