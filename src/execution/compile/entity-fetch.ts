import { GatewayError } from '../../errors.ts';
import { compileGuards, type FetchGuards } from '../guard/compile-guards.ts';
import type { Fallbacks } from '../guard/fallbacks.ts';
import { failureOfFetch } from '../run/record-failures.ts';
import type { Run } from '../run/run.ts';
import type { CompileContext } from './context.ts';
import { type BoundGroup, type CompiledGroup, compileGroup } from './entity-group.ts';
import {
  compileEntityRequest,
  compileLoad,
  type EntityFetchPlan,
  type EntityRequest,
  type Load,
  type LoadedGroups,
} from './entity-load.ts';
import type { FetchedFields } from './fetched-fields.ts';

interface EntityFetchOptions {
  readonly fields: FetchedFields;
  readonly shareObjects: boolean;
  /** Another fetch of the plan has the same operation, so their loads can be joined. */
  readonly joinLoads: boolean;
}

/** A group and its objects in one run. */
interface GroupInRun {
  readonly group: CompiledGroup;
  readonly bound: BoundGroup;
}

/** A fetch of `_entities`: binds its groups to objects of the response, asks once, merges what comes back. */
export function compileEntityFetch(
  fetch: EntityFetchPlan,
  options: EntityFetchOptions,
  context: CompileContext,
): (run: Run) => Promise<void> {
  const { subgraph } = fetch;
  const groups = fetch.target.groups.map(group =>
    compileGroup(group, {
      subgraph,
      keys: options.fields.keysOf(group.alias),
      isSubtype: context.isSubtype,
      shareObjects: options.shareObjects,
      errors: context.errorsOf(subgraph),
    }),
  );
  const whole = compileEntityRequest(fetch);
  const guards = guardsOf(fetch, { groups, whole, fields: options.fields }, context);
  const fallbacks = guards?.fallbacks ?? null;
  const load = compileLoad(fetch, guards);
  const joins = options.joinLoads && options.shareObjects && groups.length === 1;
  const loadJoined = joins ? joinLoads(fetch, whole, load) : null;

  return async run => {
    const inRun = bindGroups(groups, run, subgraph);
    if (inRun.every(({ bound }) => bound.representations.length === 0)) return;
    const passage = guards?.guard.enter() ?? null;
    const request = guards === null ? whole : guards.variant(passage);
    if (request !== null) {
      const wanted = new Map(inRun.map(({ group, bound }) => [group.alias, bound.representations]));
      const isWhole = passage === null && loadJoined !== null;
      const loaded = isWhole ? await loadJoined(run, wanted) : await load(run, { request, passage }, wanted);
      mergeAll(run, inRun, { loaded, fallbacks });
    }
    if (guards !== null && passage !== null)
      for (const { group, bound } of inRun)
        guards.recordCut(run, passage, { alias: group.alias, targets: bound.targets });
    if (fallbacks !== null) recoverAll(run, inRun, fallbacks);
  };
}

function guardsOf(
  fetch: EntityFetchPlan,
  parts: {
    readonly groups: readonly CompiledGroup[];
    readonly whole: EntityRequest;
    readonly fields: FetchedFields;
  },
  { guarding, isSubtype }: CompileContext,
): FetchGuards<EntityRequest> | null {
  if (guarding === null) return null;
  const rewrites = new Map(parts.groups.map(({ alias, rewrite }) => [alias, rewrite]));
  const rewriteOf = (alias: string | null) => rewrites.get(alias ?? '') ?? null;
  const input = { fetch, document: parts.fields.document, guarding, isSubtype, rewriteOf };
  // A fetch without some of its fields is for entities as before.
  return compileGuards(input, parts.whole, cut => compileEntityRequest(cut as EntityFetchPlan));
}

type LoadJoined = (run: Run, wanted: Parameters<Load>[2]) => Promise<LoadedGroups>;

/** Loads of several fetches that ask the same of different entities. */
function joinLoads(fetch: EntityFetchPlan, request: EntityRequest, load: Load): LoadJoined {
  const signature = `${fetch.subgraph} ${fetch.operation}`;
  const alias = request.aliases[0] ?? '';
  return async (run, wanted) => {
    const loaded = await run.loaders.load(signature, wanted.get(alias) ?? [], async representations => {
      const batch = await load(run, { request, passage: null }, new Map([[alias, representations]]));
      return batch.get(alias) ?? [];
    });
    return new Map([[alias, loaded]]);
  };
}

/** Walks recurse into what subgraphs sent: a list nested a hundred thousand deep is no list of entities. */
function bindGroups(groups: readonly CompiledGroup[], run: Run, subgraph: string): readonly GroupInRun[] {
  try {
    return groups.map(group => ({ group, bound: group.bind(run) }));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    run.failures.add(failureOfFetch(new GatewayError('SUBGRAPH_BAD_RESPONSE', { cause: error }), subgraph));
    return groups.map(group => ({ group, bound: { representations: [], targets: [], entityOf: [] } }));
  }
}

function mergeAll(
  run: Run,
  inRun: readonly GroupInRun[],
  { loaded, fallbacks }: { readonly loaded: LoadedGroups; readonly fallbacks: Fallbacks | null },
): void {
  for (const { group, bound } of inRun) {
    const entities = loaded.get(group.alias);
    // None of its fields was asked for.
    if (entities === undefined) continue;
    fallbacks?.keep(run, group.alias, { entities, representations: bound.representations });
    group.merge(run, bound, entities);
  }
}

function recoverAll(run: Run, inRun: readonly GroupInRun[], fallbacks: Fallbacks): void {
  for (const { group, bound } of inRun) {
    const { targets, entityOf, representations } = bound;
    const representationOf = (position: number): string => representations[entityOf[position] ?? -1] ?? '';
    fallbacks.recover(run, { alias: group.alias, targets, representationOf });
  }
}
