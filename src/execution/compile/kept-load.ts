import type { FetchCache, Found, KeptValue, Others, Place } from '../../cache/entities/fetch-caching.ts';
import { GatewayError } from '../../errors.ts';
import type { FetchGuards } from '../guard/compile-guards.ts';
import type { Passage } from '../guard/fetch-guard.ts';
import type { EntityFetchPlan } from '../plan.ts';
import type { LoadedEntity } from '../run/load-entities.ts';
import type { SubgraphAnswer } from '../run/read-answer.ts';
import type { Run } from '../run/run.ts';
import { blamesSubgraph } from './ask.ts';
import { askerOf, behind, patienceOf, recallHeaders, recordCached, useFresh, useKept } from './asker.ts';
import type { EntityRequest, Keep, Load, LoadedGroups, Loading, Wanted } from './entity-load.ts';

/** Decides, when the subgraph has to be asked, with what request; null: with none. */
export type Enter = () => Loading | null;

/** Loads what is kept from where it is kept, and the rest from the subgraph. Never throws. */
export type LoadKept = (run: Run, wanted: Wanted, enter: Enter) => Promise<LoadedGroups>;

interface KeptLoadParts {
  readonly fetch: EntityFetchPlan;
  readonly cache: FetchCache;
  readonly load: Load;
  readonly whole: EntityRequest;
  readonly guards: FetchGuards<unknown> | null;
}

/** One wanted entity. */
interface Slot {
  readonly alias: string;
  readonly index: number;
  /** Among all that are wanted. */
  readonly position: number;
  readonly representation: string;
  readonly place: Place | null;
}

type Entities = Map<string, (LoadedEntity | Error | undefined)[]>;

export function compileKeptLoad(parts: KeptLoadParts): LoadKept {
  const { fetch, cache, guards } = parts;
  const { subgraph } = fetch;
  const together = compileTogether(fetch);
  return async (run, wanted, enter) => {
    const slots = slotsOf(run, wanted, parts);
    const places = slots.map(({ place }) => place);
    const { found, others, end } = await cache.find(places, patienceOf(run, guards));
    const work: Work = {
      run,
      slots,
      together,
      loaded: noneOf(wanted),
      enter: enterOnce(enter, guards),
      hits: 0,
    };
    const isAwaited = ({ position }: Slot): boolean => others?.positions.has(position) === true;
    const own = others === null ? slots : slots.filter(slot => !isAwaited(slot));
    const loadOwn = loadSome(work, { some: own, found }, parts).finally(end);
    const loadRest = async ({ wait, end: endRest }: Others): Promise<readonly Found[]> => {
      try {
        const all = await wait();
        await loadSome(work, { some: slots.filter(isAwaited), found: all }, parts);
        return all;
      } finally {
        endRest();
      }
    };
    let all = found;
    if (others === null) await loadOwn;
    // Neither waits for the other: somebody may wait for each of them.
    else [all] = await Promise.all([loadRest(others), loadOwn]);
    if (work.hits > 0) recordCached(run, subgraph, work.hits);
    refreshDue(run, { slots, found: all, together }, parts);
    return work.loaded;
  };
}

function slotsOf(run: Run, wanted: Wanted, { cache, fetch: { subgraph } }: KeptLoadParts): readonly Slot[] {
  const asker = askerOf(run, subgraph);
  let next = 0;
  return [...wanted].flatMap(([alias, representations]) => {
    const places = cache.places(asker, alias, representations);
    return representations.map((representation, index): Slot => {
      return { alias, index, position: next++, representation, place: places[index] ?? null };
    });
  });
}

/** Slots that are asked for with some of all, and these, in the order of all. */
type Together = (some: readonly Slot[], all: readonly Slot[]) => readonly Slot[];

/** Groups that share a variable have one list between them: what one of them lacks all ask for. */
function compileTogether({ target: { groups } }: EntityFetchPlan): Together {
  const variables = new Map(groups.map(({ alias, variable }) => [alias, variable]));
  if (new Set(variables.values()).size === groups.length) return some => some;
  const keyOf = ({ alias, representation }: Slot): string => `${variables.get(alias)} ${representation}`;
  return (some, all) => {
    const keys = new Set(some.map(keyOf));
    return all.filter(slot => keys.has(keyOf(slot)));
  };
}

/** What one run has of what it wants. */
interface Work {
  readonly run: Run;
  readonly slots: readonly Slot[];
  readonly together: Together;
  readonly loaded: Entities;
  readonly enter: EnterAgain;
  /** Entities that were kept, and that no request has been told of. */
  hits: number;
}

function noneOf(wanted: Wanted): Entities {
  return new Map([...wanted].map(([alias, { length }]) => [alias, new Array(length).fill(undefined)]));
}

/** An error: nothing may be asked for any more. */
type EnterAgain = () => Loading | GatewayError | null;

/** What is asked for later goes the way of what was asked for first: of one fetch the same fields are cut. */
function enterOnce(enter: Enter, guards: KeptLoadParts['guards']): EnterAgain {
  let first: Loading | null | undefined;
  return () => {
    if (first === undefined) {
      first = enter();
      return first;
    }
    if (first === null) return null;
    const { passage } = first;
    if (passage === null) return guards?.refusal() ?? first;
    return { ...first, passage: { ...passage, probes: NO_PROBES } };
  };
}

const NO_PROBES: Passage['probes'] = new Map();

/** Some of what is wanted, and what was found of all. */
interface Some {
  readonly some: readonly Slot[];
  readonly found: readonly Found[];
}

async function loadSome(work: Work, { some, found }: Some, parts: KeptLoadParts): Promise<void> {
  const { run, slots, together, loaded } = work;
  const rest = some.filter(slot => {
    const value = found[slot.position]?.value ?? null;
    if (value !== null) put(loaded, slot, keptEntity(run, value, null));
    return value === null;
  });
  recallHeaders(
    run,
    parts.fetch.subgraph,
    some.map(({ position }) => found[position]?.value ?? null),
  );
  work.hits += some.length - rest.length;
  if (rest.length > 0)
    await ask(work, { asked: together(rest, slots), missing: new Set(rest), found }, parts);
}

interface Rest {
  /** All that the subgraph is asked for. */
  readonly asked: readonly Slot[];
  /** Those of them that nothing is kept for. */
  readonly missing: ReadonlySet<Slot>;
  readonly found: readonly Found[];
}

async function ask(work: Work, { asked, missing, found }: Rest, parts: KeptLoadParts): Promise<void> {
  const { run, loaded } = work;
  const entered = work.enter();
  const refusal = entered instanceof GatewayError ? entered : undefined;
  const loading = entered instanceof GatewayError ? null : entered;
  const cache = { hits: work.hits, misses: missing.size };
  const keep = loading !== null && isWhole(loading) ? keepOf(asked, loading, parts.cache) : undefined;
  if (loading !== null) work.hits = 0;
  const fresh = loading === null ? null : await parts.load(run, { ...loading, keep, cache }, wantedOf(asked));
  const positions = new Map<string, number>();
  const standIns: KeptValue[] = [];
  for (const slot of asked) {
    const position = positions.get(slot.alias) ?? 0;
    positions.set(slot.alias, position + 1);
    const entity = fresh?.get(slot.alias)?.[position] ?? refusal;
    if (!missing.has(slot)) continue;
    const spare = found[slot.position]?.spare ?? null;
    const reason = spare === null ? null : reasonFor(entity);
    if (spare !== null && reason !== null) standIns.push(spare);
    else if (isSound(entity)) useFresh(run, parts.cache, { place: slot.place, value: entity.value });
    put(loaded, slot, spare === null || reason === null ? entity : keptEntity(run, spare, reason));
  }
  recallHeaders(run, parts.fetch.subgraph, standIns);
}

/** Without all of its fields it is another selection. */
function isWhole({ passage }: Loading): boolean {
  return passage === null || passage.cut.size === 0;
}

/** Why what is kept may stand in; null: the subgraph has answered, or nobody waits any more. */
function reasonFor(entity: LoadedEntity | Error | undefined): string | null {
  if (entity === undefined || isRefusal(entity)) return 'CIRCUIT_OPEN';
  return blamesSubgraph(entity) ? entity.code : null;
}

function isRefusal(entity: LoadedEntity | Error): boolean {
  return entity instanceof GatewayError && entity.code === 'CIRCUIT_OPEN';
}

function keptEntity(run: Run, kept: KeptValue, insteadOf: string | null): LoadedEntity {
  useKept(run, kept);
  return { value: kept.value, errors: [], kept: { ageMs: kept.ageMs, insteadOf } };
}

function put(loaded: Entities, { alias, index }: Slot, entity: LoadedEntity | Error | undefined): void {
  const entities = loaded.get(alias);
  if (entities !== undefined) entities[index] = entity;
}

function wantedOf(slots: readonly Slot[]): Wanted {
  const wanted = new Map<string, string[]>();
  for (const { alias, representation } of slots) {
    const ofAlias = wanted.get(alias);
    if (ofAlias === undefined) wanted.set(alias, [representation]);
    else ofAlias.push(representation);
  }
  return wanted;
}

/** Keeps what comes back for slots, in their order. Errors that are of no entity for certain may be of any. */
function keepOf(slots: readonly Slot[], { request }: Loading, cache: FetchCache): Keep {
  const begun = cache.begin();
  const isOneList = new Set(slots.map(({ alias }) => alias)).size === 1;
  return (answer: SubgraphAnswer, loaded) => {
    const isPlaced = answer.errors.every(({ path }) => request.aliases.includes(String(path?.[0])));
    if (answer.hasMoreErrors || !isPlaced) return;
    const positions = new Map<string, number>();
    const values = slots.map(({ alias, place }) => {
      const position = positions.get(alias) ?? 0;
      positions.set(alias, position + 1);
      const entity = loaded.get(alias)?.[position];
      return isSound(entity) ? { place, value: entity.value } : { place: null, value: null };
    });
    cache.keep(values, { ...answer.reply, extensions: answer.extensions, begun, isOneList });
  };
}

function isSound(entity: LoadedEntity | Error | undefined): entity is LoadedEntity {
  return entity !== undefined && !(entity instanceof Error) && entity.errors.length === 0;
}

interface Refreshing {
  readonly slots: readonly Slot[];
  readonly found: readonly Found[];
  readonly together: Together;
}

function refreshDue(
  run: Run,
  { slots, found, together }: Refreshing,
  { cache, load, whole, guards }: KeptLoadParts,
): void {
  const due = slots.flatMap((slot, position) => {
    const value = found[position]?.due ?? null;
    return value === null ? [] : [{ slot, value }];
  });
  if (due.length === 0) return;
  const ask = async (positions: readonly number[]): Promise<void> => {
    // An open breaker lets nothing through for what is there already, nor does its probe go to it.
    if (guards?.guard.isClosed() === false) return;
    const asked = together(
      positions.flatMap(position => due[position]?.slot ?? []),
      slots,
    );
    const loading = { request: whole, passage: null };
    await load(behind(run), { ...loading, keep: keepOf(asked, loading, cache) }, wantedOf(asked));
  };
  void cache
    .refresh(
      due.map(({ value }) => value),
      ask,
    )
    .catch(() => {});
}
