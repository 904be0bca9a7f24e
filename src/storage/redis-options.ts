import { isIP } from 'node:net';
import type { ClusterOptions, RedisOptions } from 'ioredis';
import { ConfigError } from '../config/parse.ts';

/** One command, from being sent to its answer. What a request waits for has its own, shorter bound. */
export const COMMAND_TIMEOUT_MS = 2_000;

/**
 * A server that answers nothing for so long is given up and connected to anew. Keep-alive probes do not see a
 * half-open socket while commands are on their way, and TCP repeats those for a quarter of an hour.
 */
export const SILENT_FOR_MS = 3_000;

const CONNECT_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_MS = 5_000;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 2_000;

/**
 * What ioredis is told. The URL is read here, as ioredis would take options out of its query that switch off
 * the bounds below, and as an unreadable one must not be quoted: it holds a password.
 * @throws ConfigError
 */
export function redisOptions(url: string): RedisOptions {
  return {
    ...addressOf(url),
    connectionName: 'weir',
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    keepAlive: KEEP_ALIVE_MS,
    enableAutoPipelining: true,
    // Commands neither wait for a connection nor outlive one: who asked has gone on without an answer by then.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: retryDelay,
    // A primary that has become a replica says so; the name in the URL leads to the new one.
    reconnectOnError: error => error.message.startsWith('READONLY'),
  };
}

/** How often a command follows a moving slot or a failing node, and how long it waits in between: within a read. */
const MAX_REDIRECTIONS = 3;
const REDIRECTION_DELAY_MS = 20;

/**
 * The same for a cluster. Any of the nodes leads to the others, so all have one user, password and kind of URL.
 * @throws ConfigError
 */
export function clusterOptions(urls: readonly string[]): {
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly options: ClusterOptions;
} {
  const all = urls.map(redisOptions);
  const { host: _host, port: _port, db, ...common } = all[0] as RedisOptions;
  const isSame = all.every(
    ({ username, password, tls }) =>
      username === common.username &&
      password === common.password &&
      (tls === undefined) === (common.tls === undefined),
  );
  if (!isSame) throw unusableCluster('its URLs differ in user, password or TLS');
  if (all.some(one => one.db !== 0) || db !== 0) throw unusableCluster('a cluster has no numbered databases');
  return {
    nodes: all.map(({ host, port }) => ({ host: host as string, port: port as number })),
    options: {
      // One silent node is given up by itself: what the others answer says nothing about it.
      redisOptions: { ...common, socketTimeout: SILENT_FOR_MS },
      enableAutoPipelining: true,
      enableOfflineQueue: false,
      clusterRetryStrategy: retryDelay,
      maxRedirections: MAX_REDIRECTIONS,
      retryDelayOnFailover: REDIRECTION_DELAY_MS,
      retryDelayOnClusterDown: REDIRECTION_DELAY_MS,
      retryDelayOnTryAgain: REDIRECTION_DELAY_MS,
    },
  };
}

/** Doubles up to two seconds; spread, so that many gateways do not come back in one instant. */
export function retryDelay(attempt: number): number {
  const longest = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 10), LONGEST_RETRY_MS);
  return longest / 2 + Math.random() * (longest / 2);
}

function addressOf(url: string): RedisOptions {
  const { protocol, hostname, port, username, password, pathname } = readUrl(url);
  const host = hostname.replace(/^\[|\]$/g, '') || '127.0.0.1';
  const db = pathname.slice(1);
  if (!/^\d*$/.test(db)) throw unusable('after the host comes the number of a database or nothing');
  return {
    host,
    port: port === '' ? 6379 : Number(port),
    db: Number(db),
    ...(username === '' ? {} : { username: decode(username) }),
    ...(password === '' ? {} : { password: decode(password) }),
    // Node sends no server name of its own accord, and one certificate of many is chosen by it.
    ...(protocol === 'rediss:' ? { tls: isIP(host) === 0 ? { servername: host } : {} } : {}),
  };
}

function readUrl(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw unusable('is not a URL');
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unusable('user name or password hold a "%" that begins no escape; write %25');
  }
}

function unusable(reason: string): ConfigError {
  return new ConfigError('storage.redis.url', [reason]);
}

function unusableCluster(reason: string): ConfigError {
  return new ConfigError('storage.redis.cluster', [reason]);
}
