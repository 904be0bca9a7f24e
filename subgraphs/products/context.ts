import type { Caller } from '../shared/caller.ts';
import type { ProductsData } from './data.ts';
import type { ProductsLoaders } from './loaders.ts';

/** Made anew for each request. */
export interface ProductsContext {
  readonly data: ProductsData;
  readonly loaders: ProductsLoaders;
  readonly caller: Caller;
  readonly now: () => number;
}
