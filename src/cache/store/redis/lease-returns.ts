import type { RedisStorage } from '../../../storage/redis.ts';
import { createRedisScript } from '../../../storage/redis-script.ts';
import { chunksOf } from './entry-reader.ts';
import { RELEASE } from './lua.ts';

/** A lease by its full name in Redis. */
interface Returned {
  readonly name: string;
  readonly token: string;
}

const MAX_IN_CALL = 200;

const release = createRedisScript(RELEASE);

/** Gives leases back, those of one turn of the event loop with one call. What Redis is not told of ends by itself. */
export class LeaseReturns {
  readonly #redis: RedisStorage;
  #gathered: Returned[] = [];

  constructor(redis: RedisStorage) {
    this.#redis = redis;
  }

  add(name: string, token: string): void {
    if (this.#gathered.push({ name, token }) === 1) setImmediate(() => this.#send());
  }

  #send(): void {
    // On a cluster each is in a slot of its own.
    const calls = chunksOf(this.#gathered, this.#redis.isCluster ? 1 : MAX_IN_CALL);
    this.#gathered = [];
    for (const call of calls) {
      const [names, tokens] = [call.map(({ name }) => name), call.map(({ token }) => token)];
      this.#redis.write(client => release.run(client, names, tokens)).catch(() => {});
    }
  }
}
