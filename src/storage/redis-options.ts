import { isIP } from 'node:net';
import type { ClusterOptions, RedisOptions } from 'ioredis';
import { CONFIGURATION } from '../config/config-source.ts';
import { ConfigError } from '../config/parse.ts';
import type { SentinelConfig } from '../config/storage.ts';
import { type RedisTls, type TlsOptions, tlsOptions } from './redis-tls.ts';

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

const BOUNDS = {
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
  // A primary that has become a replica says so; the name in the URL, or a sentinel, leads to the new one.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
} as const satisfies RedisOptions;

/**
 * What ioredis is told. The URL is read here, as ioredis would take options out of its query that switch off
 * the bounds above, and as an unreadable one must not be quoted: it holds a password.
 * @throws ConfigError
 */
export function redisOptions(url: string, tls?: RedisTls): RedisOptions {
  return { ...addressOf(url, { setting: 'storage.redis.url', port: 6379, tls }), ...BOUNDS };
}

/** How often a command follows a moving slot or a failing node, and how long it waits in between: within a read. */
const MAX_REDIRECTIONS = 3;
const REDIRECTION_DELAY_MS = 20;

/**
 * The same for a cluster. Any of the nodes leads to the others, so all have one user, password and kind of URL.
 * @throws ConfigError
 */
export function clusterOptions(
  urls: readonly string[],
  tls?: RedisTls,
): {
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly options: ClusterOptions;
} {
  const setting = 'storage.redis.cluster';
  const all = urls.map(url => addressOf(url, { setting, port: 6379, tls }));
  const { host: _host, port: _port, db, ...common } = all[0] as Address;
  const isSame = all.every(
    ({ username, password, tls }) =>
      username === common.username &&
      password === common.password &&
      (tls === undefined) === (common.tls === undefined),
  );
  if (!isSame) throw unusable(setting, 'its URLs differ in user, password or TLS');
  if (all.some(one => one.db !== 0) || db !== 0)
    throw unusable(setting, 'a cluster has no numbered databases');
  return {
    nodes: all.map(({ host, port }) => ({ host, port })),
    options: {
      redisOptions: {
        ...common,
        ...BOUNDS,
        // The client gathers what is for a node. A node's own pipelines would come behind what is sent to it alone, and
        // ASKING has to come before that.
        enableAutoPipelining: false,
        // One silent node is given up by itself: what the others answer says nothing about it.
        socketTimeout: SILENT_FOR_MS,
      },
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

/** Where a master may have died, one that takes so long to be connected to is asked for again. */
const MASTER_CONNECT_TIMEOUT_MS = 2_000;

/** A sentinel that takes longer for any step is gone on without: it has nothing to do but to answer. */
const SENTINEL_TIMEOUT_MS = 1_000;

/** A dead server does not say that it has taken the end of a connection. */
const DISCONNECT_TIMEOUT_MS = 250;

/**
 * The same for servers that sentinels tell of, whose hosts are not known yet, and for each of the sentinels.
 * @throws ConfigError
 */
export function sentinelOptions(
  { nodes, username, password, database }: SentinelConfig,
  tls?: RedisTls,
): { readonly sentinels: readonly SentinelOptions[]; readonly server: RedisOptions } {
  const setting = 'storage.redis.sentinel.nodes';
  const all = nodes.map(url => addressOf(url, { setting, port: 26_379, tls }));
  const isSecure = all[0]?.tls !== undefined;
  if (all.some(one => (one.tls !== undefined) !== isSecure)) {
    throw unusable(
      setting,
      'some of its URLs are rediss:// and some redis://; TLS is for all of them, or none',
    );
  }
  if (all.some(one => one.db !== 0)) {
    throw unusable(
      setting,
      'sentinels have no numbered databases; write it as storage.redis.sentinel.database',
    );
  }
  const credentials = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
  return {
    sentinels: all.map(({ db: _, ...address }) => ({
      ...address,
      connectTimeout: SENTINEL_TIMEOUT_MS,
      commandTimeout: SENTINEL_TIMEOUT_MS,
      disconnectTimeout: DISCONNECT_TIMEOUT_MS,
      keepAlive: KEEP_ALIVE_MS,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      enableReadyCheck: false,
      disableClientInfo: true,
      retryStrategy: () => null,
    })),
    server: {
      ...credentials,
      db: database,
      ...(isSecure ? { tls: tlsOptions(undefined, tls) } : {}),
      ...BOUNDS,
      connectTimeout: MASTER_CONNECT_TIMEOUT_MS,
      disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    },
  };
}

/** Doubles up to two seconds; spread, so that many gateways do not come back in one instant. */
export function retryDelay(attempt: number): number {
  const longest = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 10), LONGEST_RETRY_MS);
  return longest / 2 + Math.random() * (longest / 2);
}

interface Address {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: TlsOptions;
}

/** One sentinel, asked once and not connected to again. */
export type SentinelOptions = RedisOptions & Pick<Address, 'host' | 'port'>;

interface Reading {
  /** That the URL stands in. */
  readonly setting: string;
  /** Where none is written. */
  readonly port: number;
  readonly tls: RedisTls | undefined;
}

function addressOf(url: string, { setting, port: standard, tls }: Reading): Address {
  const { protocol, hostname, port, username, password, pathname } = readUrl(url, setting);
  const host = hostname.replace(/^\[|\]$/g, '') || '127.0.0.1';
  const db = pathname.slice(1);
  if (!/^\d*$/.test(db)) throw unusable(setting, 'after the host comes the number of a database or nothing');
  return {
    host,
    port: port === '' ? standard : Number(port),
    db: Number(db),
    ...(username === '' ? {} : { username: decode(username, setting) }),
    ...(password === '' ? {} : { password: decode(password, setting) }),
    // Node sends no server name of its own accord, and one certificate of many is chosen by it.
    ...(protocol === 'rediss:' ? { tls: tlsOptions(isIP(host) === 0 ? host : undefined, tls) } : {}),
  };
}

function readUrl(url: string, setting: string): URL {
  try {
    return new URL(url);
  } catch {
    throw unusable(setting, 'is not a URL');
  }
}

function decode(text: string, setting: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unusable(setting, 'user name or password hold a "%" that begins no escape; write %25');
  }
}

function unusable(setting: string, reason: string): ConfigError {
  return new ConfigError(CONFIGURATION, [`${setting}: ${reason}`]);
}
