import type { OrdersData } from './data.ts';
import type { OrdersLoaders } from './loaders.ts';

/** Made anew for each request. */
export interface OrdersContext {
  readonly data: OrdersData;
  readonly loaders: OrdersLoaders;
  readonly callerId: string;
  readonly now: () => number;
}
