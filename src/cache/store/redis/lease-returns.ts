import { chunksOf } from '../../../shared/chunks-of.ts';
import type { RedisStorage } from '../../../storage/redis.ts';
import { createRedisScript } from '../../../storage/redis-script.ts';
import { MAX_KEYS } from './entry-reader.ts';
import { RELEASE } from './lua.ts';

const release = createRedisScript(RELEASE);

/**
 * Gives leases back: those that were taken together with one call, as far as they come back in one turn of the event loop.
 * What Redis is not told of ends by itself.
 */
export class LeaseReturns {
  readonly #redis: RedisStorage;
  /** Full names in Redis, by the token that they were taken with. */
  #gathered = new Map<string, string[]>();

  constructor(redis: RedisStorage) {
    this.#redis = redis;
  }

  add(name: string, token: string): void {
    const alike = this.#gathered.get(token);
    if (alike !== undefined) {
      alike.push(name);
      return;
    }
    if (this.#gathered.size === 0) setImmediate(() => this.#send());
    this.#gathered.set(token, [name]);
  }

  #send(): void {
    const all = this.#gathered;
    this.#gathered = new Map();
    // On a cluster each is in a slot of its own.
    const most = this.#redis.isCluster ? 1 : MAX_KEYS;
    for (const [token, names] of all)
      for (const some of chunksOf(names, most))
        this.#redis.write(client => release.run(client, some, [token])).catch(() => {});
  }
}
