import type { Json, JsonObject } from '../../shared/json.ts';
import type { FetchContext, SubgraphFetch } from '../fetch/subgraph-fetch.ts';
import type { Remembered } from '../guard/remembered.ts';
import type { FailureLog } from './failures.ts';
import type { EntityLoaders } from './load-entities.ts';

/** Everything one execution of an operation reads and writes. Nothing of it outlives the execution. */
export interface Run {
  /** The response so far, in the engine's response keys; entity objects are shared by reference. */
  readonly data: JsonObject;
  /** Coerced variables. */
  readonly variables: Readonly<Record<string, Json>>;
  /** Objects that stand at more than one place: walked once, and their text and cost kept by shape id. */
  readonly shared: Map<object, (string | number | undefined)[]>;
  /** Objects that a fetch was sent for. What it brings goes there, so no twin may take their place. */
  readonly held: Set<object>;
  /** Entities that several groups may load together, once they are ready to be merged. */
  readonly prepared: Set<object>;
  /** Whether any string fetched so far may need escapes when it is written as JSON. */
  hasEscapes: boolean;
  readonly failures: FailureLog;
  /** Filled as values come that are kept for when their subgraph fails. */
  readonly remembered: Remembered[];
  /** Tags that replies have said in their extensions, as they said them, for whoever keeps the answer. */
  readonly tagged: JsonObject[];
  readonly loaders: EntityLoaders;
  readonly ask: SubgraphFetch;
  readonly context: FetchContext;
}
