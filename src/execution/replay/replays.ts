import { Lru } from '../../shared/lru.ts';
import type { FetchContext, SubgraphFetch } from '../fetch/subgraph-fetch.ts';
import { type Recording, recordExchanges, weightOf } from './recording.ts';
import { askAfter, replay } from './replay.ts';

interface Memory<T> {
  recording: Recording<T> | null;
  /** Executions to let pass before the next is recorded: doubles each time the replies had changed. */
  patience: number;
  pause: number;
}

export interface Replayable<T> {
  /** Operation and variables; what an execution does is decided by these and by the replies it gets. */
  readonly key: string;
  readonly context: FetchContext;
  readonly execute: (ask: SubgraphFetch) => Promise<T>;
}

interface ReplaysOptions<T> {
  /** Characters of requests, replies and results that are kept. */
  readonly maxWeight: number;
  readonly ask: SubgraphFetch;
  /** Whether a result may be given again. */
  readonly isSound: (result: T) => boolean;
  /** Characters that a result keeps alive: entities that stand at many places make it larger than its replies. */
  readonly weigh: (result: T) => number;
  /** Told of each result that is given again. */
  readonly onUnchanged?: (result: T, context: FetchContext) => void;
}

/** What an operation that has been seen, but not recorded, weighs. */
const SEEN_WEIGHT = 256;
const MAX_PATIENCE = 255;

/**
 * Results of executions, given again when every subgraph gives the same replies again. This is no cache: all
 * that an execution would ask is asked each time, with this request's headers, and compared to the byte. What
 * is saved is the work between (parsing, representations, merging, projection), as it could only come out
 * the same.
 */
export class Replays<T> {
  readonly #options: ReplaysOptions<T>;
  readonly #memories: Lru<string, Memory<T>>;

  constructor(options: ReplaysOptions<T>) {
    this.#options = options;
    this.#memories = new Lru(options.maxWeight);
  }

  async run({ key, context, execute }: Replayable<T>): Promise<T> {
    const { ask } = this.#options;
    const memory = this.#memories.get(key);
    if (memory === undefined) {
      this.#memories.set(key, { recording: null, patience: 0, pause: 0 }, SEEN_WEIGHT + key.length);
      return execute(ask);
    }
    if (memory.recording === null) {
      if (memory.pause-- > 0) return execute(ask);
      return this.#record(key, memory, execute);
    }
    const { recording } = memory;
    const outcome = await replay(recording, context, ask);
    if (outcome.kind === 'unchanged') {
      memory.patience = 0;
      this.#options.onUnchanged?.(recording.result, context);
      return recording.result;
    }
    memory.patience = Math.min(memory.patience * 2 + 1, MAX_PATIENCE);
    memory.pause = memory.patience;
    memory.recording = null;
    this.#memories.set(key, memory, SEEN_WEIGHT + key.length);
    return execute(askAfter(outcome.asked, ask));
  }

  async #record(key: string, memory: Memory<T>, execute: Replayable<T>['execute']): Promise<T> {
    const recorder = recordExchanges(this.#options.ask);
    const result = await execute(recorder.ask);
    const exchanges = this.#options.isSound(result) ? recorder.exchanges() : null;
    if (exchanges === null) memory.pause = MAX_PATIENCE;
    else {
      memory.recording = { exchanges, result };
      const weight = SEEN_WEIGHT + key.length + weightOf(exchanges) + this.#options.weigh(result);
      this.#memories.set(key, memory, weight);
    }
    return result;
  }
}
