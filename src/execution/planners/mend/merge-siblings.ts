import type { EntityFetchPlan, ExecutionPlan } from '../../plan.ts';
import {
  type EntityQuery,
  identityOf,
  isEntityFetch,
  readEntityQueries,
  writeEntityFetch,
} from './entity-queries.ts';

/** Nodes that may run at the same time, one list after the other. */
type Levels = readonly (readonly ExecutionPlan[])[];

/**
 * Makes one request of entity fetches that go to one subgraph at the same time. Branches of a parallel node
 * whose steps can be joined advance in step from then on: a step waits for the slowest of the step before,
 * which costs less than asking one subgraph twice.
 */
export function mergeSiblings(plan: ExecutionPlan): ExecutionPlan {
  switch (plan.kind) {
    case 'fetch':
      return plan;
    case 'condition':
      return {
        ...plan,
        ifTrue: plan.ifTrue === null ? null : mergeSiblings(plan.ifTrue),
        ifFalse: plan.ifFalse === null ? null : mergeSiblings(plan.ifFalse),
      };
    case 'sequence':
      return inSequence(plan.nodes.map(mergeSiblings));
    case 'parallel':
      return inParallel(clusters(plan.nodes).map(mergeCluster));
  }
}

/** Branches that have a request in common, directly or through others. */
function clusters(nodes: readonly ExecutionPlan[]): readonly (readonly ExecutionPlan[])[] {
  const found: { readonly nodes: ExecutionPlan[]; readonly asks: Set<string> }[] = [];
  for (const node of nodes) {
    const asks = entityRequests(levelsOf(node));
    const related = found.filter(cluster => [...asks].some(request => cluster.asks.has(request)));
    for (const cluster of related) found.splice(found.indexOf(cluster), 1);
    found.push({
      nodes: [...related.flatMap(cluster => cluster.nodes), node],
      asks: new Set([...related.flatMap(cluster => [...cluster.asks]), ...asks]),
    });
  }
  return found.map(cluster => cluster.nodes);
}

function mergeCluster(nodes: readonly ExecutionPlan[]): ExecutionPlan {
  const [only] = nodes;
  if (only !== undefined && nodes.length === 1) return mergeSiblings(only);
  const levels = zip(nodes.map(levelsOf));
  return inSequence(levels.map(level => inParallel(mergeLevel(level))));
}

function mergeLevel(level: readonly ExecutionPlan[]): readonly ExecutionPlan[] {
  const bySubgraph = new Map<string, { readonly fetch: EntityFetchPlan; readonly queries: EntityQuery[] }>();
  const others: ExecutionPlan[] = [];
  for (const node of level) {
    const queries = isEntityFetch(node) ? readEntityQueries(node) : null;
    if (queries === null || !isEntityFetch(node)) {
      others.push(mergeSiblings(node));
      continue;
    }
    const known = bySubgraph.get(node.subgraph);
    if (known === undefined) bySubgraph.set(node.subgraph, { fetch: node, queries: [...queries] });
    else known.queries.push(...queries);
  }
  const merged = [...bySubgraph.values()].map(({ fetch, queries }) => {
    const joined = joinEqual(queries);
    return queries.length === fetch.target.groups.length ? fetch : writeEntityFetch(fetch, joined);
  });
  return [...others, ...merged];
}

/** Queries that ask the same of the same kind of representation become one with all their paths. */
function joinEqual(queries: readonly EntityQuery[]): readonly EntityQuery[] {
  const joined = new Map<string, EntityQuery>();
  for (const query of queries) {
    const identity = identityOf(query);
    const known = joined.get(identity);
    if (known === undefined) {
      joined.set(identity, query);
      continue;
    }
    const paths = [...known.group.paths, ...query.group.paths];
    joined.set(identity, {
      ...known,
      definitions: [...known.definitions, ...query.definitions],
      group: { ...known.group, paths },
    });
  }
  return [...joined.values()];
}

function levelsOf(plan: ExecutionPlan): Levels {
  if (plan.kind === 'sequence') return plan.nodes.flatMap(levelsOf);
  return plan.kind === 'parallel' ? zip(plan.nodes.map(levelsOf)) : [[plan]];
}

function zip(branches: readonly Levels[]): Levels {
  const depth = Math.max(0, ...branches.map(branch => branch.length));
  return Array.from({ length: depth }, (_, level) => branches.flatMap(branch => branch[level] ?? []));
}

/** Each as "level subgraph", for fetches that could be joined with another of the same. */
function entityRequests(levels: Levels): ReadonlySet<string> {
  return new Set(
    levels.flatMap((nodes, level) =>
      nodes.filter(isEntityFetch).map(({ subgraph }) => `${level} ${subgraph}`),
    ),
  );
}

function inSequence(nodes: readonly ExecutionPlan[]): ExecutionPlan {
  const flat = nodes.flatMap(node => (node.kind === 'sequence' ? node.nodes : [node]));
  return flat.length === 1 && flat[0] !== undefined ? flat[0] : { kind: 'sequence', nodes: flat };
}

function inParallel(nodes: readonly ExecutionPlan[]): ExecutionPlan {
  const flat = nodes.flatMap(node => (node.kind === 'parallel' ? node.nodes : [node]));
  return flat.length === 1 && flat[0] !== undefined ? flat[0] : { kind: 'parallel', nodes: flat };
}
