import { chunksOf } from '../../../shared/chunks-of.ts';
import type { RedisStorage } from '../../../storage/redis.ts';
import { createRedisScript } from '../../../storage/redis-script.ts';
import type { Metrics } from '../../../telemetry/metrics.ts';
import type { TagNumbers } from '../tag-numbers.ts';
import type { FleetNews } from './fleet-news.ts';
import { INVALIDATE } from './lua.ts';
import type { RedisNames } from './names.ts';

interface InvalidatorOptions {
  readonly redis: RedisStorage;
  readonly names: RedisNames;
  readonly metrics: Metrics;
  readonly numbers: TagNumbers;
  readonly news: FleetNews;
}

/** Tags of one call of the script. */
const MAX_TAGS = 500;

/** Tags that the fleet could not be told of. More are told as everything. */
const MAX_UNTOLD = 10_000;

const script = createRedisScript(INVALIDATE);

/** Tells Redis, and through it the fleet, what is invalid; what could not be told is told as soon as that can be. */
export class Invalidator {
  readonly #options: InvalidatorOptions;
  readonly #untold = new Set<string>();
  #isAllUntold = false;
  #isTelling = false;

  constructor(options: InvalidatorOptions) {
    this.#options = options;
  }

  /** @throws RedisError when it could not be told */
  async invalidate(tags: readonly string[]): Promise<void> {
    this.#options.metrics.cacheInvalidated('here', tags.length);
    try {
      await this.#tell(tags);
    } catch (error) {
      this.#remember(tags);
      throw error;
    }
  }

  /** Tells what is left to be told. Never rejects. */
  async tellRest(): Promise<void> {
    if (this.#isTelling || (this.#untold.size === 0 && !this.#isAllUntold)) return;
    this.#isTelling = true;
    const tags = [...this.#untold];
    const isAll = this.#isAllUntold;
    this.#untold.clear();
    this.#isAllUntold = false;
    try {
      if (isAll) this.#options.numbers.settleAll(await this.#options.news.giveUpAll());
      else await this.#tell(tags);
    } catch {
      this.#isAllUntold ||= isAll;
      this.#remember(tags);
    } finally {
      this.#isTelling = false;
    }
  }

  #remember(tags: readonly string[]): void {
    const { numbers } = this.#options;
    for (const tag of tags) this.#untold.add(tag);
    if (this.#untold.size > MAX_UNTOLD) this.#isAllUntold = true;
    if (this.#isAllUntold) this.#untold.clear();
    if (this.#isAllUntold) numbers.doubtAll();
    else numbers.doubt(tags);
  }

  async #tell(tags: readonly string[]): Promise<void> {
    const { redis, names, numbers, news } = this.#options;
    for (const some of chunksOf(tags, MAX_TAGS)) {
      // At once, and before anything can fail.
      numbers.doubt(some);
      const values = [names.channel, news.sender, JSON.stringify(some), ...some];
      const number = await redis.write(client => script.run(client, [names.numbers], values));
      news.saw(Number(number));
      numbers.settle(some, Number(number));
    }
  }
}
