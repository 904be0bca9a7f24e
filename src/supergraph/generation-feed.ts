import type {
  GatewayExecutor,
  GatewayInterface,
  GatewaySchemaLoadOrUpdateCallback,
} from '@apollo/server-gateway-interface';
import type { GraphQLSchema } from 'graphql';

interface Published<T> {
  readonly live: T;
  readonly apiSchema: GraphQLSchema;
  readonly sdl: string;
}

/** How many generations can be in use: the one served, and those that requests in flight began with. */
const KEPT = 3;

/**
 * The generation being served, and those that requests in flight still finish on. Publishing swaps one
 * reference; what comes out at the far end is retired, so old generations are always let go.
 */
export class GenerationFeed<T> {
  readonly #published: Published<T>[] = [];
  readonly #subscribers = new Set<GatewaySchemaLoadOrUpdateCallback>();
  readonly #retire: (live: T) => Promise<void>;
  #failure: unknown;

  constructor(retire: (live: T) => Promise<void>) {
    this.#retire = retire;
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

  publish(live: T, apiSchema: GraphQLSchema, sdl: string): void {
    this.#published.unshift({ live, apiSchema, sdl });
    for (const notify of this.#subscribers) notify({ apiSchema, coreSupergraphSdl: sdl });
    for (const retired of this.#published.splice(KEPT)) void this.#retire(retired.live);
  }

  current(): T {
    return this.#newest().live;
  }

  /** The generation that a request was validated against. */
  of(schema: GraphQLSchema): T {
    return (this.#published.find(({ apiSchema }) => apiSchema === schema) ?? this.#newest()).live;
  }

  /** What one Apollo Server sees of the gateway: a schema that changes, and the shared executor. */
  facade(executor: GatewayExecutor): GatewayInterface {
    return {
      load: async () => ({ executor }),
      onSchemaLoadOrUpdate: notify => {
        this.#subscribers.add(notify);
        const { apiSchema, sdl } = this.#newest();
        notify({ apiSchema, coreSupergraphSdl: sdl });
        return () => this.#subscribers.delete(notify);
      },
      stop: async () => {},
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#published.map(({ live }) => this.#retire(live)));
  }

  #newest(): Published<T> {
    this.assertLoaded();
    return this.#published[0] as Published<T>;
  }
}
