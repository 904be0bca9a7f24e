import type { Caller } from '../shared/caller.ts';
import type { OrdersData } from './data.ts';
import type { OrdersLoaders } from './loaders.ts';

/** Made anew for each request. */
export interface OrdersContext {
  readonly data: OrdersData;
  readonly loaders: OrdersLoaders;
  readonly caller: Caller;
  readonly now: () => number;
}
