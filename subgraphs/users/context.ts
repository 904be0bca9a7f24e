import type { Caller } from '../shared/caller.ts';
import type { UsersData } from './data.ts';
import type { UsersLoaders } from './loaders.ts';

/** Made anew for each request. */
export interface UsersContext {
  readonly data: UsersData;
  readonly loaders: UsersLoaders;
  readonly caller: Caller;
}
