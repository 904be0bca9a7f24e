import type { JsonObject } from '../../shared/json.ts';
import type { Kept } from './load-entities.ts';
import type { Run } from './run.ts';

interface StandIn {
  readonly subgraph: string;
  /** What is merged into the object. */
  readonly value: JsonObject;
  readonly kept: Kept;
  readonly names: ReadonlyMap<string, string>;
}

/** Says of each field of an object that a kept value stands in for what could not be had. @returns their coordinates */
export function noteKept(
  run: Run,
  target: JsonObject,
  { subgraph, value, kept, names }: StandIn,
): readonly string[] {
  const typeName = String(target['__typename'] ?? 'Query');
  const coordinates: string[] = [];
  for (const [key, name] of names) {
    if (name === '__typename' || value[key] === undefined || value[key] === null) continue;
    const coordinate = `${typeName}.${name}`;
    coordinates.push(coordinate);
    const fallback = { coordinate, source: 'stale', ageMs: Math.round(kept.ageMs) } as const;
    const failure = { code: kept.insteadOf ?? '', message: '', subgraph, extensions: {}, fallback };
    run.failures.anchor(failure, target, [key]);
  }
  return coordinates;
}
