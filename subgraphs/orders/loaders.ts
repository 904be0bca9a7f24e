import { type BatchObserver, createBatchLoader } from '../shared/batch-loader.ts';
import type { MembershipKey } from '../shared/seed.ts';
import { membershipId, type OrderRow, type OrdersData } from './data.ts';

export type OrdersLoaders = ReturnType<typeof createOrdersLoaders>;

/** One set per request: loaders remember what they loaded, and no caller may be shown another's view. */
export function createOrdersLoaders(data: OrdersData, observe: BatchObserver) {
  const newestFirst = (ids: readonly string[] = []): readonly OrderRow[] =>
    ids.flatMap(id => data.orders.get(id) ?? []).reverse();
  return {
    order: createBatchLoader({ name: 'order', observe, find: (id: string) => data.orders.get(id) ?? null }),
    ordersOf: createBatchLoader({
      name: 'ordersOf',
      observe,
      find: (userId: string) => newestFirst(data.ordersOf.get(userId)),
    }),
    approvedBy: createBatchLoader({
      name: 'approvedBy',
      observe,
      find: (key: MembershipKey) => newestFirst(data.approvedBy.get(membershipId(key))),
      identify: membershipId,
    }),
    unitsSold: createBatchLoader({
      name: 'unitsSold',
      observe,
      find: (productId: string) => data.unitsSold.get(productId) ?? 0,
    }),
  };
}
