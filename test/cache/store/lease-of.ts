import type { CacheStore, Lease } from '../../../src/cache/store/cache-store.ts';

/** Leave to make what is not there; null: somebody else has it. */
export async function leaseOf(store: CacheStore, key: string, leaseMs: number): Promise<Lease | null> {
  const [claimed] = await store.claim([{ key, storedAfter: 0 }], { until: 'revalidated', after: 0, leaseMs });
  return claimed?.lease ?? null;
}
