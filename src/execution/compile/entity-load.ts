import { GatewayError } from '../../errors.ts';
import type { Json } from '../../shared/json.ts';
import type { CacheCounts } from '../fetch/subgraph-fetch.ts';
import type { FetchGuards } from '../guard/compile-guards.ts';
import type { Fallbacks } from '../guard/fallbacks.ts';
import { ALL_WELL, type FetchGuard, type Passage } from '../guard/fetch-guard.ts';
import type { EntityFetchPlan } from '../plan.ts';
import { type LoadedEntity, splitEntities } from '../run/load-entities.ts';
import type { SubgraphAnswer, SubgraphError } from '../run/read-answer.ts';
import type { Run } from '../run/run.ts';
import { compileAsk, type UseAnswer } from './ask.ts';
import { compileRequestBody, type WriteBody } from './request-body.ts';

/** What came back for each representation, or the error that says why nothing did. */
export type Loaded = readonly (LoadedEntity | Error | undefined)[];

/** A fetch of entities as it may be sent: whole, or without some of its fields. */
export interface EntityRequest {
  readonly aliases: readonly string[];
  readonly writeBody: WriteBody;
}

/** What is loaded, by the alias of its group. */
export type LoadedGroups = ReadonlyMap<string, Loaded>;

/** JSON text of each representation, by the alias of its group. */
export type Wanted = ReadonlyMap<string, readonly string[]>;

export interface Loading {
  readonly request: EntityRequest;
  readonly passage: Passage | null;
  /** Absent: nothing is kept of what is loaded. */
  readonly keep?: Keep | undefined;
  readonly cache?: CacheCounts;
}

/** Told of what came back for this request alone, before anything is made of it. */
export type Keep = (answer: SubgraphAnswer, loaded: LoadedGroups) => void;

export type Load = (run: Run, loading: Loading, wanted: Wanted) => Promise<LoadedGroups>;

export function compileEntityRequest(fetch: EntityFetchPlan): EntityRequest {
  const aliases = fetch.target.groups.map(({ alias }) => alias);
  return { aliases, writeBody: compileRequestBody(fetch) };
}

/** One request for the representations of every group. Never throws. */
export function compileLoad(fetch: EntityFetchPlan, guards: FetchGuards<unknown> | null): Load {
  const { subgraph } = fetch;
  const fallbacks = guards?.fallbacks ?? null;
  const ask = compileAsk(fetch, guards);
  const fits = (alias: string, entity: LoadedEntity | undefined): boolean =>
    guards === null || guards.guard.fits(alias, entity?.value ?? null);
  return async (run, { request, passage, keep, cache }, wanted) => {
    const loaded = new Map<string, Loaded>();
    const use: UseAnswer = (answer, isJoined) => {
      let isSound = answer.errors.length === 0;
      const lists = request.aliases.filter(alias => (wanted.get(alias)?.length ?? 0) > 0);
      for (const alias of request.aliases) {
        const { length } = wanted.get(alias) ?? [];
        const read = length === 0 ? [] : entitiesUnder(answer, alias, { length, subgraph });
        const entities = says(answer, read, { fallbacks, isOneList: lists.length === 1 });
        isSound &&= entities.every(entity => !(entity instanceof Error) && fits(alias, entity));
        loaded.set(alias, entities);
      }
      if (!isJoined) keep?.(answer, loaded);
      return isSound || guards === null ? ALL_WELL : guards.guard.judge(errorsOf(loaded, guards.guard));
    };
    try {
      const lists = request.aliases.map(alias => `[${(wanted.get(alias) ?? []).join(',')}]`);
      await ask(run, { body: request.writeBody(run.variables, lists), passage, cache }, use);
    } catch (cause) {
      const error = cause instanceof Error ? cause : new GatewayError('INTERNAL_SERVER_ERROR', { cause });
      for (const alias of request.aliases)
        loaded.set(
          alias,
          (wanted.get(alias) ?? []).map(() => error),
        );
    }
    return loaded;
  };
}

interface SayOptions {
  /** Null: nobody wants to know. */
  readonly fallbacks: Fallbacks | null;
  /** Whether the subgraph was asked for these entities alone. */
  readonly isOneList: boolean;
}

/** Entities with the tags that their reply says of each. */
function says(
  { extensions }: SubgraphAnswer,
  entities: Loaded,
  { fallbacks, isOneList }: SayOptions,
): Loaded {
  if (fallbacks === null || extensions === null) return entities;
  const tags = fallbacks.readTags(extensions, isOneList ? entities.length : -1);
  return entities.map((entity, position) => {
    const isRead = entity !== undefined && !(entity instanceof Error);
    return isRead ? { ...entity, said: tags?.(position) ?? null } : entity;
  });
}

function errorsOf(
  loaded: LoadedGroups,
  guard: FetchGuard,
): ReadonlyMap<string, readonly (SubgraphError | Error)[]> {
  return new Map(
    [...loaded].map(([alias, entities]) => [
      alias,
      entities.flatMap((entity): readonly (SubgraphError | Error)[] => {
        if (entity === undefined || entity instanceof Error) return entity === undefined ? [] : [entity];
        return [...entity.errors, ...guard.misfits(alias, entity.value)];
      }),
    ]),
  );
}

/** The list under an alias, checked: a list of another length cannot be told apart, so none of it is used. */
function entitiesUnder(
  answer: SubgraphAnswer,
  alias: string,
  expected: { readonly length: number; readonly subgraph: string },
): Loaded {
  const list: Json = answer.data?.[alias] ?? null;
  const errors = answer.errors.filter(({ path }) => path === null || path[0] === alias);
  const missing = list === null && errors.length > 0;
  if (missing) return splitEntities(new Array(expected.length).fill(null), errors);
  if (!Array.isArray(list) || list.length !== expected.length) {
    const error = new GatewayError('SUBGRAPH_BAD_RESPONSE', { extensions: { subgraph: expected.subgraph } });
    return new Array(expected.length).fill(error);
  }
  return splitEntities(list, errors);
}
