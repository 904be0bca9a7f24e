import type {
  GatewayExecutor,
  GatewayInterface,
  GatewaySchemaLoadOrUpdateCallback,
} from '@apollo/server-gateway-interface';
import type { GraphQLSchema } from 'graphql';

interface FeedOptions<T> {
  /** Every API schema that operations of a generation are validated against. */
  readonly schemasOf: (live: T) => Iterable<GraphQLSchema>;
  readonly sdlOf: (live: T) => string;
  readonly retire: (live: T) => Promise<void>;
  /** As long as anything may go on with a generation after the next one is served, ms. */
  readonly keepMs: number;
}

interface Published<T> {
  readonly live: T;
  readonly schemas: ReadonlySet<GraphQLSchema>;
}

/** How many generations can be in use: the one served, and those that requests in flight began with. */
export const KEPT_GENERATIONS = 3;

/** A timer for longer would end at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * The generation being served, and those that requests in flight still finish on. Publishing swaps one reference; what
 * has been replaced is retired after its time, or when too many have come after it, so that none stays in memory.
 */
export class GenerationFeed<T> {
  #published: readonly Published<T>[] = [];
  readonly #timers = new Map<Published<T>, NodeJS.Timeout>();
  readonly #subscribers = new Set<() => void>();
  readonly #options: FeedOptions<T>;
  #failure: unknown;

  constructor(options: FeedOptions<T>) {
    this.#options = options;
  }

  get isLoaded(): boolean {
    return this.#published.length > 0;
  }

  /** @throws whatever kept the first generation from being served. */
  assertLoaded(): void {
    if (!this.isLoaded) throw this.#failure ?? new Error('No supergraph was loaded.');
  }

  failed(error: unknown): void {
    this.#failure = error;
  }

  publish(live: T): void {
    const [replaced] = this.#published;
    this.#published = [{ live, schemas: new Set(this.#options.schemasOf(live)) }, ...this.#published];
    for (const notify of this.#subscribers) notify();
    for (const old of this.#published.slice(KEPT_GENERATIONS)) this.#retire(old);
    if (replaced === undefined) return;
    const keepMs = Math.min(this.#options.keepMs, MAX_TIMER_MS);
    this.#timers.set(replaced, setTimeout(() => this.#retire(replaced), keepMs).unref());
  }

  #retire(old: Published<T>): void {
    if (!this.#published.includes(old)) return;
    this.#published = this.#published.filter(other => other !== old);
    // It would hold the generation until its end.
    clearTimeout(this.#timers.get(old));
    this.#timers.delete(old);
    void this.#options.retire(old.live);
  }

  current(): T {
    this.assertLoaded();
    return (this.#published[0] as Published<T>).live;
  }

  /** The generation that a request was validated against. */
  of(schema: GraphQLSchema): T {
    return this.#published.find(({ schemas }) => schemas.has(schema))?.live ?? this.current();
  }

  /** What one Apollo Server sees of the gateway: a schema that changes, and the shared executor. */
  facade(executor: GatewayExecutor, schemaOf: (live: T) => GraphQLSchema): GatewayInterface {
    const { sdlOf } = this.#options;
    return {
      load: async () => ({ executor }),
      onSchemaLoadOrUpdate: (callback: GatewaySchemaLoadOrUpdateCallback) => {
        const notify = (): void => {
          const live = this.current();
          callback({ apiSchema: schemaOf(live), coreSupergraphSdl: sdlOf(live) });
        };
        this.#subscribers.add(notify);
        notify();
        return () => this.#subscribers.delete(notify);
      },
      stop: async () => {},
    };
  }

  async close(): Promise<void> {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await Promise.all(this.#published.map(({ live }) => this.#options.retire(live)));
  }
}
