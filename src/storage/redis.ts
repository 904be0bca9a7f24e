import type { RedisConfig } from '../config/storage.ts';
import { type Clock, systemClock } from '../shared/clock.ts';
import { describeFailure } from '../shared/describe-failure.ts';
import { withinTime } from '../shared/within-time.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type OpenedRedis, openRedis } from './redis-client.ts';
import { RedisError } from './redis-error.ts';
import { followFindings } from './redis-findings.ts';
import { COMMAND_TIMEOUT_MS, SILENT_FOR_MS } from './redis-options.ts';
import { type Listener, RedisSubscriber, type Unsubscribe } from './redis-subscriber.ts';
import type { RedisTls } from './redis-tls.ts';

/** Of one server, of the master of some, or of a cluster. What is used of it is what both have, with keys of one tag at a time. */
export type RedisClient = OpenedRedis['client'];

/** The connection to Redis that a gateway has; there is one. */
export interface RedisStorage {
  /** For what the rest has no way to do. Its errors carry commands with their arguments: never log them. */
  readonly client: RedisClient;
  /** On a cluster, one script reaches keys of one tag only. */
  readonly isCluster: boolean;
  /** `prefix:{tag}:name`. Keys of one tag are in one slot of a cluster, so one script may use them together. */
  key(tag: string, name: string): string;
  /** Waits until commands can be sent. @throws RedisError when that is not so in time. */
  ready(withinMs: number): Promise<void>;
  /** For requests: all of the work together has `readTimeout`. @throws RedisError */
  read<T>(work: (client: RedisClient) => Promise<T>): Promise<T>;
  /** For what no request waits for. @throws RedisError */
  write<T>(work: (client: RedisClient) => Promise<T>): Promise<T>;
  /** The full name of a channel, for scripts that publish. */
  channel(name: string): string;
  /** Listens to a channel on a connection that is for messages alone, now or as soon as there is one. */
  subscribe(name: string, listener: Listener): Unsubscribe;
  /** To all who listen at this moment; nobody else ever hears of it. @throws RedisError */
  publish(name: string, message: string): Promise<void>;
  close(): Promise<void>;
}

interface RedisParts {
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly clock?: Clock;
  /** Where certificates are other than those that Node trusts. */
  readonly tls?: RedisTls | undefined;
}

/** What ioredis says when a command's own time is up, and when the socket is closing already. */
const COMMAND_TIMED_OUT = 'Command timed out';
const CLOSING = /Stream isn't writeable/;

/**
 * Returns at once and connects in the background, again and again. Work fails fast while there is no connection.
 * @throws ConfigError for a URL that cannot be used.
 */
export function connectRedis(config: RedisConfig, parts: RedisParts): RedisStorage {
  const { metrics, clock = systemClock } = parts;
  const opened = openRedis(config, parts.tls);
  const { client, address } = opened;
  const state = followState(opened, parts);
  const subscriber = new RedisSubscriber(opened.openForMessages);
  const channel = (name: string): string => `${config.prefix}:${name}`;
  let silentSince: number | null = null;

  const run = async <T>(work: (client: RedisClient) => Promise<T>, timeoutMs: number): Promise<T> => {
    if (client.status !== 'ready') {
      metrics?.redisFailed('disconnected');
      throw new RedisError('disconnected', `there is no connection to Redis at ${address}`);
    }
    const began = clock.elapsed();
    try {
      const result = await within(work(client), timeoutMs);
      silentSince = null;
      return result;
    } catch (error) {
      const failure = asRedisError(error, client);
      metrics?.redisFailed(failure.reason);
      if (failure.reason !== 'timeout') throw failure;
      silentSince ??= began;
      if (clock.elapsed() - silentSince >= SILENT_FOR_MS && client.status === 'ready') {
        silentSince = null;
        client.disconnect(true);
      }
      throw failure;
    }
  };

  return {
    client,
    isCluster: client.isCluster,
    key: (tag, name) => `${config.prefix}:{${tag}}:${name}`,
    ready: withinMs => untilReady(client, withinMs, () => `Redis at ${address} ${state.whyLost()}`),
    read: work => run(work, config.readTimeout),
    write: work => run(work, Math.max(COMMAND_TIMEOUT_MS, config.readTimeout)),
    channel,
    subscribe: (name, listener) => subscriber.subscribe(channel(name), listener),
    publish: (name, message) =>
      run(async it => void (await it.publish(channel(name), message)), COMMAND_TIMEOUT_MS),
    async close() {
      state.close();
      subscriber.close();
      opened.close();
      await quit(client);
    },
  };
}

/** What is on its way is waited for, but not for ever. */
async function quit(client: RedisClient): Promise<void> {
  if (client.status !== 'ready') return client.disconnect();
  const ended = new Promise<void>(done => client.once('end', done));
  await within(client.quit(), COMMAND_TIMEOUT_MS).catch(() => client.disconnect());
  await within(ended, COMMAND_TIMEOUT_MS).catch(() => {});
}

/** One line for each change between ready and lost, however often connecting fails. */
function followState({ client, address: redis, master }: OpenedRedis, { logger, metrics }: RedisParts) {
  let state: 'unknown' | 'ready' | 'lost' | 'closed' = 'unknown';
  let reason = 'does not answer';
  followFindings(client, finding => logger.warn({ redis }, finding));
  client.on('error', error => {
    const told = reasonOf(error);
    reason = CLOSING.test(told) ? 'closed the connection' : told;
  });
  client.on('ready', () => {
    state = 'ready';
    reason = 'closed the connection';
    metrics?.redisReady(true);
    const at = master();
    logger.info(at === null ? { redis } : { redis, master: at }, 'Redis is ready');
  });
  client.on('close', () => {
    metrics?.redisReady(false);
    if (state === 'lost' || state === 'closed') return;
    state = 'lost';
    logger.warn({ redis, reason }, 'Redis is lost; going on without it and trying again');
  });
  return {
    whyLost: () => `cannot be used: ${reason}`,
    close() {
      state = 'closed';
    },
  };
}

async function untilReady(client: RedisClient, withinMs: number, why: () => string): Promise<void> {
  if (client.status === 'ready') return;
  let onReady = (): void => {};
  const ready = new Promise<void>(done => {
    onReady = done;
    client.once('ready', onReady);
  });
  try {
    await within(ready, withinMs);
  } catch {
    throw new RedisError('disconnected', why());
  } finally {
    client.off('ready', onReady);
  }
}

/** Rejects when the time is up; what comes of the work after that is dropped. */
function within<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  return withinTime(
    work,
    timeoutMs,
    () => new RedisError('timeout', `Redis did not answer within ${timeoutMs} ms`),
  );
}

function asRedisError(error: unknown, client: RedisClient): RedisError {
  if (error instanceof RedisError) return error;
  const message = reasonOf(error);
  if (message === COMMAND_TIMED_OUT) return new RedisError('timeout', message);
  const isThere = client.status === 'ready' && !CLOSING.test(message);
  return new RedisError(isThere ? 'failed' : 'disconnected', message);
}

/** Redis quotes what it was sent in some of its errors. */
function reasonOf(error: unknown): string {
  return describeFailure(error).replace(/, with args beginning with.*/s, '');
}
