import type { Clock } from '../../../shared/clock.ts';
import { PassingMap } from '../../../shared/passing-map.ts';
import type { RedisStorage } from '../../../storage/redis.ts';
import { setFor } from '../../../storage/redis-values.ts';
import type { CacheWriteOutcome, Metrics } from '../../../telemetry/metrics.ts';
import { seal } from '../entry-codec.ts';
import type { Availability } from './availability.ts';

interface Write {
  /** Full name in Redis. */
  readonly name: string;
  readonly bytes: Buffer;
  /** ms since the epoch */
  readonly until: number;
}

interface QueuedWrite extends Write {
  /** To be called when it has ended, or is dropped. */
  after: readonly (() => void)[];
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
  readonly #waiting = new PassingMap<string, QueuedWrite>();
  /** By name: the last that was sent. */
  readonly #sending = new PassingMap<string, QueuedWrite>();
  #waitingBytes = 0;
  #sent = 0;
  #sentBytes = 0;
  #isScheduled = false;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
  }

  add(write: Write): void {
    const { availability } = this.#options;
    const queued = { ...write, after: this.#take(write.name)?.after ?? [] };
    if (availability.isResting) {
      this.#drop(queued, 'unavailable');
      return;
    }
    const bytes = this.#waitingBytes + this.#sentBytes + write.bytes.length;
    if (this.#waiting.size + this.#sent >= MAX_WAITING || bytes > MAX_WAITING_BYTES) {
      this.#drop(queued, 'full');
      return;
    }
    this.#waiting.set(write.name, queued);
    this.#waitingBytes += write.bytes.length;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#send();
    });
  }

  /** Calls it when nothing is on its way to that name any more. */
  afterWrite(name: string, then: () => void): void {
    const last = this.#waiting.get(name) ?? this.#sending.get(name);
    if (last === undefined) then();
    else last.after = [...last.after, then];
  }

  clear(): void {
    this.#waiting.clear();
    this.#waitingBytes = 0;
  }

  #drop({ after }: QueuedWrite, reason: CacheWriteOutcome): void {
    this.#options.metrics.cacheWrite(reason);
    for (const one of after) one();
  }

  #take(name: string): QueuedWrite | undefined {
    const write = this.#waiting.get(name);
    if (write === undefined) return undefined;
    this.#waiting.delete(name);
    this.#waitingBytes -= write.bytes.length;
    return write;
  }

  #send(): void {
    const { availability } = this.#options;
    for (let name = this.#waiting.first(); name !== undefined; name = this.#waiting.first()) {
      if (this.#sent >= MAX_SENT || (this.#sent > 0 && this.#sentBytes >= MAX_SENT_BYTES)) return;
      const write = this.#take(name) as QueuedWrite;
      if (availability.isResting) this.#drop(write, 'unavailable');
      else void this.#write(write);
    }
  }

  async #write(write: QueuedWrite): Promise<void> {
    const { redis, clock, metrics, availability } = this.#options;
    const { name, bytes, until } = write;
    const ms = Math.ceil(until - clock.now());
    if (ms <= 0) return this.#drop(write, 'outdated');
    this.#sent++;
    this.#sentBytes += bytes.length;
    this.#sending.set(name, write);
    try {
      await redis.write(client => setFor(client, name, { value: seal(bytes), ms }));
      metrics.cacheWrite('written');
      availability.succeeded();
    } catch (error) {
      metrics.cacheWrite('failed');
      availability.failed(error);
    } finally {
      this.#sent--;
      this.#sentBytes -= bytes.length;
      if (this.#sending.get(name) === write) this.#sending.delete(name);
      for (const one of write.after) one();
      this.#send();
    }
  }
}
