import DataLoader from 'dataloader';
import { type ErrorCode, GatewayError } from '../../errors.ts';
import type { Json, JsonObject } from '../../shared/json.ts';
import type { SubgraphError } from './read-answer.ts';

/** One entity as a fetch brought it, and the errors at or below it (paths counted from it). */
export interface LoadedEntity {
  readonly value: JsonObject | null;
  readonly errors: readonly SubgraphError[];
  /** Tags that its reply has said of it; null: they could not be read. Absent: none, or nobody wants to know. */
  readonly said?: readonly string[] | null;
  /** Present where it was kept, and not asked for now. */
  readonly kept?: Kept;
}

export interface Kept {
  readonly ageMs: number;
  /** The code of what went wrong when it was asked for; null: it did not have to be. */
  readonly insteadOf: ErrorCode | (string & {}) | null;
}

/** Fetches the entities of several representations with one request, in their order. */
export type LoadBatch = (representations: readonly string[]) => Promise<readonly (LoadedEntity | Error)[]>;

/** Errors without an index that are kept: each is one at every entity, so that many would multiply. */
const MAX_GENERAL = 10;

/** Representations one request may carry; more go in several requests at once. */
const MAX_BATCH = 5_000;

/**
 * Entity loads of one run that several of its fetches make with the same operation. What is asked in one
 * tick becomes one request, and what was asked before is not asked again.
 */
export class EntityLoaders {
  readonly #loaders = new Map<string, DataLoader<string, LoadedEntity>>();

  /** @param signature subgraph, operation and variables: all that the answer depends on but the representations. */
  load(
    signature: string,
    representations: readonly string[],
    loadBatch: LoadBatch,
  ): Promise<(LoadedEntity | Error)[]> {
    let loader = this.#loaders.get(signature);
    if (loader === undefined) {
      loader = new DataLoader(loadBatch, { maxBatchSize: MAX_BATCH });
      this.#loaders.set(signature, loader);
    }
    return loader.loadMany([...representations]);
  }
}

/**
 * Pairs each entity of a list with its errors. An error without an index of the list concerns it as a whole,
 * so every entity has it. What is neither an object nor null is no entity.
 */
export function splitEntities(
  list: readonly Json[],
  errors: readonly SubgraphError[],
): (LoadedEntity | Error)[] {
  if (errors.length === 0) return list.map(value => entityOf(value, NO_ERRORS));
  const general = errors
    .filter(({ path }) => !(Number(path?.[1]) in list))
    .slice(0, MAX_GENERAL)
    .map(error => ({ ...error, path: null }));
  const byIndex = new Map<number, SubgraphError[]>();
  for (const error of errors) {
    const [, index, ...rest] = error.path ?? [];
    if (typeof index !== 'number') continue;
    const ofEntity = byIndex.get(index) ?? [];
    byIndex.set(index, ofEntity);
    ofEntity.push({ ...error, path: rest.length > 0 ? rest : null });
  }
  return list.map((value, index) => entityOf(value, [...(byIndex.get(index) ?? []), ...general]));
}

const NO_ERRORS: readonly SubgraphError[] = [];

function entityOf(value: Json, errors: readonly SubgraphError[]): LoadedEntity | Error {
  if (typeof value === 'object' && !Array.isArray(value)) return { value, errors };
  return new GatewayError('SUBGRAPH_BAD_RESPONSE');
}
