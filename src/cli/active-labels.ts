import { nearest } from '../shared/nearest.ts';
import type { OverrideTable } from '../supergraph/override-labels.ts';
import { CliError } from './cli-error.ts';

/**
 * The labels of `--labels a,percent(5)`. For whom a share is on, all that are larger are on, too.
 * @throws CliError for a label that no subgraph declares.
 */
export function activeLabels({ labels }: OverrideTable, written: string): readonly string[] {
  const given = written.split(',').map(label => label.trim());
  const active = new Set(given.filter(label => label !== ''));
  for (const label of active) if (!labels.has(label)) throw unknown(label, [...labels.keys()]);
  const lowest = Math.min(...[...active].map(label => labels.get(label) ?? Number.POSITIVE_INFINITY));
  for (const [label, percent] of labels) if (percent !== null && percent >= lowest) active.add(label);
  return [...active].sort();
}

function unknown(label: string, known: readonly string[]): CliError {
  const suggestion = nearest(label, known);
  if (suggestion !== undefined)
    return new CliError(`no subgraph has the label "${label}"; did you mean "${suggestion}"?`);
  const hint = known.length === 0 ? 'there is no @override with a label' : `there are ${known.join(', ')}`;
  return new CliError(`no subgraph has the label "${label}"; ${hint}`);
}
