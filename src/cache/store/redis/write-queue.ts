import type { Clock } from '../../../shared/clock.ts';
import type { RedisStorage } from '../../../storage/redis.ts';
import type { Metrics } from '../../../telemetry/metrics.ts';
import { seal } from '../entry-codec.ts';
import type { Availability } from './availability.ts';

interface Write {
  /** Full name in Redis. */
  readonly name: string;
  readonly bytes: Buffer;
  /** ms since the epoch */
  readonly until: number;
}

interface WriteQueueOptions {
  readonly redis: RedisStorage;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly availability: Availability;
}

const MAX_WAITING = 2_000;
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** On their way at once: reads share the connection, and come behind them. */
const MAX_SENT = 16;
const MAX_SENT_BYTES = 1024 * 1024;

/** Entries on their way to Redis, which no request waits for. What there is no room for is dropped. */
export class WriteQueue {
  readonly #options: WriteQueueOptions;
  /** By name: a later entry takes the place of an earlier one. */
  readonly #waiting = new Map<string, Write>();
  #waitingBytes = 0;
  #sent = 0;
  #sentBytes = 0;
  #isScheduled = false;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
  }

  add(write: Write): void {
    const { metrics, availability } = this.#options;
    this.#take(write.name);
    if (availability.isResting) {
      metrics.cacheWrite('unavailable');
      return;
    }
    const bytes = this.#waitingBytes + this.#sentBytes + write.bytes.length;
    if (this.#waiting.size + this.#sent >= MAX_WAITING || bytes > MAX_WAITING_BYTES) {
      metrics.cacheWrite('full');
      return;
    }
    this.#waiting.set(write.name, write);
    this.#waitingBytes += write.bytes.length;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#send();
    });
  }

  clear(): void {
    this.#waiting.clear();
    this.#waitingBytes = 0;
  }

  #take(name: string): Write | undefined {
    const write = this.#waiting.get(name);
    if (write === undefined) return undefined;
    this.#waiting.delete(name);
    this.#waitingBytes -= write.bytes.length;
    return write;
  }

  #send(): void {
    const { metrics, availability } = this.#options;
    for (const name of this.#waiting.keys()) {
      if (this.#sent >= MAX_SENT || (this.#sent > 0 && this.#sentBytes >= MAX_SENT_BYTES)) return;
      const write = this.#take(name) as Write;
      if (availability.isResting) metrics.cacheWrite('unavailable');
      else void this.#write(write);
    }
  }

  async #write({ name, bytes, until }: Write): Promise<void> {
    const { redis, clock, metrics, availability } = this.#options;
    const ms = Math.ceil(until - clock.now());
    if (ms <= 0) {
      metrics.cacheWrite('outdated');
      return;
    }
    this.#sent++;
    this.#sentBytes += bytes.length;
    try {
      await redis.write(client => client.set(name, seal(bytes), 'PX', ms));
      metrics.cacheWrite('written');
      availability.succeeded();
    } catch (error) {
      metrics.cacheWrite('failed');
      availability.failed(error);
    } finally {
      this.#sent--;
      this.#sentBytes -= bytes.length;
      this.#send();
    }
  }
}
