import type { Clock } from '../../../shared/clock.ts';
import { randomId } from '../../../shared/random-id.ts';
import type { RedisStorage } from '../../../storage/redis.ts';
import { createRedisScript } from '../../../storage/redis-script.ts';
import type { Unsubscribe } from '../../../storage/redis-subscriber.ts';
import type { Metrics } from '../../../telemetry/metrics.ts';
import type { TagNumbers } from '../tag-numbers.ts';
import { APART_US, POLL } from './lua.ts';
import { CHANNEL, type RedisNames } from './names.ts';

interface FleetNewsOptions {
  readonly redis: RedisStorage;
  readonly names: RedisNames;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly numbers: TagNumbers;
  /** Nothing in memory can be relied on. */
  readonly onLost: () => void;
  /** Redis has answered. */
  readonly onHeard: () => void;
}

const POLL_MS = 1_000;
/** While no messages come. */
const POLL_FAST_MS = 100;

/** A message about what a poll has seen may be on its way. */
const GRACE_MS = 50;

/** What could have been invalidated for so long without being heard of is not served. */
const DEAF_AFTER_MS = 5_000;

/** A number that is so far beyond the newest may be of a server that has taken over. Clocks differ, too. */
const FAR_US = APART_US / 2;
/** More takeovers than there are between two polls. */
const MOST_LEFT = 8;

const poll = createRedisScript(POLL);

/**
 * What others invalidate: by messages, each of which names the number before its own, and by asking for the newest number
 * every second. A number that no message has told of means that one was lost, and everything is forgotten.
 */
export class FleetNews {
  /** Who we are in messages. */
  readonly sender = randomId();
  readonly #options: FleetNewsOptions;
  readonly #unsubscribe: Unsubscribe;
  /** All up to this number has been applied. */
  #heard: number | null = null;
  /** When that was known to be all. A message does not say so: others may be held up behind it. */
  #heardAt = Number.NEGATIVE_INFINITY;
  #newest = 0;
  /** The newest before others that are far beyond: a server that does not know them has lost invalidations. */
  #left: readonly number[] = [];
  #isListening = false;
  #isPolling = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: FleetNewsOptions) {
    this.#options = options;
    this.#unsubscribe = options.redis.subscribe(CHANNEL, {
      onMessage: text => this.#receive(text),
      onListening: () => {
        this.#isListening = true;
        void this.poll();
      },
    });
    void this.poll();
  }

  /** The newest number that this process knows to have been given. 0: none. */
  get newest(): number {
    return this.#newest;
  }

  /** False when something may have been invalidated long ago without this process knowing. */
  get isCurrent(): boolean {
    return this.#options.clock.elapsed() - this.#heardAt <= DEAF_AFTER_MS;
  }

  /** A number that Redis has given. */
  saw(number: number): void {
    if (number <= this.#newest) return;
    const left = this.#newest;
    this.#newest = number;
    if (left === 0 || number - left < FAR_US) return;
    this.#left = [...this.#left, left].slice(-MOST_LEFT);
    void this.poll();
  }

  /** Asks for the newest number, and again after a while. Never rejects. */
  async poll(): Promise<void> {
    if (this.#isPolling || this.#isClosed) return;
    this.#isPolling = true;
    clearTimeout(this.#timer);
    try {
      await this.#ask();
    } catch {
      // Storage has counted it; deafness follows by itself.
    } finally {
      this.#isPolling = false;
      if (!this.#isClosed) this.#again();
    }
  }

  /** Invalidates everything, everywhere. @throws RedisError */
  async giveUpAll(): Promise<number> {
    const number = await this.#run(true);
    this.saw(number);
    return number;
  }

  close(): void {
    this.#unsubscribe();
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #again(): void {
    this.#timer = setTimeout(() => void this.poll(), this.#isListening ? POLL_MS : POLL_FAST_MS);
    this.#timer.unref();
  }

  async #ask(): Promise<void> {
    const { redis, clock, onHeard } = this.#options;
    if (redis.client.status !== 'ready') {
      this.#isListening = false;
      return;
    }
    const sentAt = clock.elapsed();
    const number = await this.#run(false);
    this.saw(number);
    if (this.#heard !== null && number > this.#heard) await new Promise(done => setTimeout(done, GRACE_MS));
    if (this.#heard === null || number > this.#heard) this.#loseUntil(number);
    this.#heardAt = Math.max(this.#heardAt, sentAt);
    onHeard();
  }

  async #run(isAll: boolean): Promise<number> {
    const { redis, names } = this.#options;
    const left = this.#left;
    const values = [names.channel, this.sender, isAll ? 1 : 0, this.#newest, ...left];
    const number = Number(await redis.write(client => poll.run(client, [names.numbers], values)));
    this.#left = this.#left.filter(one => !left.includes(one));
    return number;
  }

  #receive(text: string): void {
    const { metrics, numbers } = this.#options;
    const message = readMessage(text);
    if (message === null || this.#heard === null || message.number <= this.#heard) return;
    const { number, previous, sender, tags } = message;
    this.saw(number);
    if (previous !== this.#heard) {
      this.#loseUntil(number);
      return;
    }
    this.#heard = number;
    numbers.set(tags, number);
    if (sender !== this.sender) metrics.cacheInvalidated('fleet', tags.length);
  }

  #loseUntil(number: number): void {
    const { metrics, numbers, onLost } = this.#options;
    if (this.#heard !== null) metrics.cacheInvalidated('all', 1);
    this.#heard = number;
    numbers.raise(number);
    onLost();
  }
}

interface Message {
  readonly number: number;
  readonly previous: number;
  readonly sender: string;
  readonly tags: readonly string[];
}

/** Null for what is none: a number after it shows that it was lost. */
function readMessage(text: string): Message | null {
  const [, number, previous, sender, json] = /^(\d+) (-?\d+) (\w+) (\[.*\])$/s.exec(text) ?? [];
  if (json === undefined) return null;
  try {
    const tags: unknown = JSON.parse(json);
    if (!Array.isArray(tags) || !tags.every(tag => typeof tag === 'string')) return null;
    return { number: Number(number), previous: Number(previous), sender: sender as string, tags };
  } catch {
    return null;
  }
}
