import { isCompositeType, isObjectType } from 'graphql';
import { samePaths } from '../cache/invalidation/tags-of-targets.ts';
import { type CacheTarget, leavesOf } from '../cache/policy/tag-names.ts';
import { nearest } from '../shared/nearest.ts';
import { quoted } from '../shared/quoted.ts';
import type { Generation } from '../supergraph/generation.ts';
import type { NamedTarget } from './cache-targets.ts';

/** Of the generation that is served. */
export type TargetFacts = Pick<Generation, 'supergraphSchema' | 'caching' | 'facts'>;

/**
 * What is named and not there: nothing would be invalidated, and it would look like success. Null: all is there.
 * Which tags and operations there are nobody knows.
 */
export function objectionTo(targets: readonly NamedTarget[], facts: TargetFacts): string | null {
  for (const { target, subgraphs } of targets) {
    const objection = objectionToSubgraphs(subgraphs, facts) ?? objectionToTarget(target, facts);
    if (objection !== null) return objection;
  }
  return null;
}

function objectionToSubgraphs(subgraphs: readonly string[], { facts }: TargetFacts): string | null {
  const unknown = subgraphs.find(name => !facts.urls.has(name));
  if (unknown === undefined) return null;
  return `there is no subgraph ${quoted(unknown)}; ${hint(unknown, [...facts.urls.keys()])}`;
}

function objectionToTarget(target: CacheTarget, facts: TargetFacts): string | null {
  if (target.kind !== 'type' && target.kind !== 'entity') return null;
  const { supergraphSchema: schema, caching } = facts;
  const type = schema.getType(target.type);
  if (!isCompositeType(type)) {
    const known = Object.values(schema.getTypeMap()).filter(isCompositeType);
    const names = known.map(({ name }) => name).filter(name => !name.startsWith('__'));
    return `there is no object type, interface or union ${quoted(target.type)}; ${hint(target.type, names)}`;
  }
  const isWritten =
    isObjectType(type) && [schema.getMutationType(), schema.getSubscriptionType()].includes(type);
  if (isWritten) return `nothing of ${type.name} is kept`;
  if (target.kind === 'type') return null;
  const keys = caching.keys.get(target.type) ?? [];
  if (keys.length === 0) return `${target.type} has no key by which it is kept; use {"kind": "type"}`;
  const paths = leavesOf(target.key).map(([path]) => path);
  if (keys.some(key => samePaths(key.paths, paths))) return null;
  const written = [...new Set(keys.map(key => key.paths.map(path => path.join('.')).join(' ')))];
  return `${target.type} has no key of ${paths.map(quoted).join(', ')}; it has ${written.map(quoted).join(', ')}`;
}

function hint(name: string, known: readonly string[]): string {
  const suggestion = nearest(name.slice(0, 100), known);
  return suggestion === undefined
    ? `there are ${known.slice(0, 20).join(', ')}`
    : `did you mean "${suggestion}"?`;
}
