import DataLoader from 'dataloader';

/** Told of each batch as it goes to the data, which is how tests count them. */
export type BatchObserver = (loader: string, size: number) => void;

export interface BatchLoaderOptions<Key, Value> {
  readonly name: string;
  readonly observe: BatchObserver;
  /** One value for one key. A database would take all keys at once here; the data is in memory. */
  readonly find: (key: Key) => Value;
  /** What makes two keys the same; needed where keys are objects. */
  readonly identify?: (key: Key) => string;
}

/** Collects the keys that resolvers of one request ask for in one tick, and asks the data once. */
export function createBatchLoader<Key, Value>(
  options: BatchLoaderOptions<Key, Value>,
): DataLoader<Key, Value, unknown> {
  const { name, observe, find, identify } = options;
  return new DataLoader<Key, Value, unknown>(
    async keys => {
      observe(name, keys.length);
      return keys.map(find);
    },
    { cacheKeyFn: key => (identify ? identify(key) : key) },
  );
}
