import type { FetchCache } from '../../cache/entities/fetch-caching.ts';
import { GatewayError } from '../../errors.ts';
import type { JsonObject } from '../../shared/json.ts';
import { compileGuards, type FetchGuards } from '../guard/compile-guards.ts';
import type { Fallbacks } from '../guard/fallbacks.ts';
import type { Passage } from '../guard/fetch-guard.ts';
import type { EntityFetchPlan, EntityGroup } from '../plan.ts';
import { failureOfFetch } from '../run/record-failures.ts';
import type { Run } from '../run/run.ts';
import type { CompileContext } from './context.ts';
import { type BoundGroup, type CompiledGroup, compileGroup } from './entity-group.ts';
import {
  compileEntityRequest,
  compileLoad,
  type EntityRequest,
  type Loaded,
  type LoadedGroups,
  type Wanted,
} from './entity-load.ts';
import type { FetchedFields } from './fetched-fields.ts';
import { compileKeptLoad, type Enter } from './kept-load.ts';
import type { DropUnasked } from './unasked-keys.ts';

interface EntityFetchOptions {
  readonly fields: FetchedFields;
  readonly shareObjects: boolean;
  readonly findDropUnasked: (group: EntityGroup) => DropUnasked | null;
  /** Another fetch of the plan has the same operation, so their loads can be joined. */
  readonly joinLoads: boolean;
  /** Null: nothing of the fetch is kept. */
  readonly cache: FetchCache | null;
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
  const { subgraph, target } = fetch;
  const { fields, cache } = options;
  const joins = options.joinLoads && options.shareObjects && target.groups.length === 1;
  const groups = compileGroups(fetch, { ...options, joinLoads: joins }, context);
  const whole = compileEntityRequest(fetch);
  const guards = guardsOf(fetch, { groups, whole, fields }, context);
  const fallbacks = guards?.fallbacks ?? null;
  const load = compileLoad(fetch, guards);
  const loadKept = cache === null ? null : compileKeptLoad({ fetch, cache, load, whole, guards });
  const loadWhole: LoadWhole =
    loadKept === null
      ? (run, wanted) => load(run, { request: whole, passage: null }, wanted)
      : (run, wanted) => loadKept(run, wanted, () => ({ request: whole, passage: null }));
  const loadJoined = joins ? joinLoads(fetch, whole, loadWhole) : null;
  const loadAll = async (run: Run, wanted: Wanted, enter: Enter): Promise<LoadedGroups> => {
    if (loadJoined !== null && guards?.guard.isClosed() !== false) return loadJoined(run, wanted);
    if (loadKept !== null) return loadKept(run, wanted, enter);
    const loading = enter();
    return loading === null ? NOTHING : load(run, loading, wanted);
  };

  return async run => {
    const inRun = bindGroups(groups, run, subgraph);
    if (inRun.every(({ bound }) => bound.representations.length === 0)) return;
    const entered: { passage: Passage | null } = { passage: null };
    const enter: Enter = () => {
      entered.passage = guards?.guard.enter() ?? null;
      const request = guards === null ? whole : guards.variant(entered.passage);
      return request === null ? null : { request, passage: entered.passage };
    };
    const wanted = new Map(inRun.map(({ group, bound }) => [group.alias, bound.representations]));
    const loaded = await loadAll(run, wanted, enter);
    mergeAll(run, inRun, { loaded, fallbacks, passage: entered.passage });
    if (guards !== null && entered.passage !== null)
      for (const { group, bound } of inRun) {
        const targets = askedTargets(bound, loaded.get(group.alias));
        if (targets.length > 0) guards.recordCut(run, entered.passage, { alias: group.alias, targets });
      }
    if (fallbacks !== null && run.failures.size > 0) await recoverAll(run, inRun, fallbacks);
  };
}

/** Apart: what a closure names is kept by all closures beside it, and one of these stays. */
function compileGroups(
  { subgraph, target }: EntityFetchPlan,
  { fields, cache, shareObjects, findDropUnasked, joinLoads: joinsLoads }: EntityFetchOptions,
  { isSubtype, errorsOf }: CompileContext,
): readonly CompiledGroup[] {
  const onServedForError = servedForError(cache);
  return target.groups.map(group =>
    compileGroup(group, {
      subgraph,
      keys: fields.keysOf(group.alias),
      names: fields.namesOf(group.alias),
      onServedForError,
      isSubtype,
      shareObjects,
      joinsLoads,
      dropUnasked: findDropUnasked(group),
      errors: errorsOf(subgraph),
    }),
  );
}

function servedForError(cache: FetchCache | null): FetchCache['servedForError'] {
  return coordinates => cache?.servedForError(coordinates);
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
  const prepares = new Map(parts.groups.map(({ alias, prepare }) => [alias, prepare]));
  const prepareOf = (alias: string | null) => prepares.get(alias ?? '') ?? null;
  const input = { fetch, document: parts.fields.document, guarding, isSubtype, prepareOf };
  // A fetch without some of its fields is for entities as before.
  return compileGuards(input, parts.whole, cut => compileEntityRequest(cut as EntityFetchPlan));
}

const NOTHING: LoadedGroups = new Map();

type LoadWhole = (run: Run, wanted: Wanted) => Promise<LoadedGroups>;

/** Loads of several fetches that ask the same of different entities. */
function joinLoads(fetch: EntityFetchPlan, request: EntityRequest, load: LoadWhole): LoadWhole {
  const signature = `${fetch.subgraph} ${fetch.operation}`;
  const alias = request.aliases[0] ?? '';
  return async (run, wanted) => {
    const loaded = await run.loaders.load(signature, wanted.get(alias) ?? [], async representations => {
      const batch = await load(run, new Map([[alias, representations]]));
      return (batch.get(alias) ?? []).map(entity => entity ?? new GatewayError('INTERNAL_SERVER_ERROR'));
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

/** Those for which the subgraph was, or would have been asked. */
function askedTargets({ targets, entityOf }: BoundGroup, loaded: Loaded | undefined): readonly JsonObject[] {
  return targets.filter((_, position) => {
    const entity = loaded?.[entityOf[position] ?? -1];
    return entity === undefined || entity instanceof Error || entity.kept === undefined;
  });
}

interface Merging {
  readonly loaded: LoadedGroups;
  readonly fallbacks: Fallbacks | null;
  readonly passage: Passage | null;
}

function mergeAll(run: Run, inRun: readonly GroupInRun[], { loaded, fallbacks, passage }: Merging): void {
  for (const { group, bound } of inRun) {
    const entities = loaded.get(group.alias);
    // None of its fields was asked for.
    if (entities === undefined) continue;
    const { representations } = bound;
    fallbacks?.keep(run, group.alias, { entities, representations, cut: passage?.cut });
    group.merge(run, bound, entities);
  }
}

function recoverAll(run: Run, inRun: readonly GroupInRun[], fallbacks: Fallbacks): Promise<void> {
  const subjects = inRun.map(({ group: { alias }, bound: { targets, entityOf, representations } }) => {
    const representationOf = (position: number): string => representations[entityOf[position] ?? -1] ?? '';
    return { alias, targets, representationOf };
  });
  return fallbacks.recover(run, subjects);
}
