import type { Redis } from 'ioredis';
import { retryDelay } from './redis-options.ts';

/** Neither of its functions may throw. */
export interface Listener {
  onMessage(message: string): void;
  /** From now on messages are heard. Those before may have been lost: it is called after each loss of the connection. */
  onListening(): void;
}

export type Unsubscribe = () => void;

/** A connection on which nothing is said for long may be dead without knowing. */
const HEARTBEAT_MS = 2_000;

/**
 * Messages of channels, on a connection of its own that is made when somebody first listens, and made anew whenever it
 * is lost. Redis keeps no message for who does not listen.
 */
export class RedisSubscriber {
  readonly #open: () => Redis;
  readonly #listeners = new Map<string, Set<Listener>>();
  #connection: Redis | null = null;
  #attempt = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param open begins to connect, without trying again by itself */
  constructor(open: () => Redis) {
    this.#open = open;
  }

  subscribe(channel: string, listener: Listener): Unsubscribe {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    if (this.#connection?.status === 'ready') void this.#listen(this.#connection, [channel]);
    else if (this.#connection === null && this.#timer === undefined) this.#connect();
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#listeners.get(channel) !== listeners) return;
      this.#listeners.delete(channel);
      this.#connection?.unsubscribe(channel).catch(() => {});
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#listeners.clear();
    clearTimeout(this.#timer);
    this.#connection?.disconnect();
  }

  #connect(): void {
    this.#timer = undefined;
    if (this.#isClosed) return;
    const connection = this.#open();
    this.#connection = connection;
    const heartbeat = setInterval(() => {
      if (connection.status === 'ready') connection.ping().catch(() => connection.disconnect());
    }, HEARTBEAT_MS);
    heartbeat.unref();
    // The other connection, which does the work, tells what is wrong with Redis.
    connection.on('error', () => {});
    connection.on('message', (channel: string, message: string) => {
      for (const { onMessage } of this.#listeners.get(channel) ?? []) onMessage(message);
    });
    connection.once('ready', () => void this.#listen(connection, [...this.#listeners.keys()]));
    connection.once('end', () => {
      clearInterval(heartbeat);
      this.#connection = null;
      if (this.#isClosed) return;
      this.#attempt++;
      this.#timer = setTimeout(() => this.#connect(), retryDelay(this.#attempt));
      this.#timer.unref();
    });
  }

  async #listen(connection: Redis, channels: readonly string[]): Promise<void> {
    try {
      if (channels.length > 0) await connection.subscribe(...channels);
    } catch {
      connection.disconnect();
      return;
    }
    this.#attempt = 0;
    for (const channel of channels) {
      for (const { onListening } of this.#listeners.get(channel) ?? []) onListening();
    }
  }
}
