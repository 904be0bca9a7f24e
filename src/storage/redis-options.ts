import { isIP } from 'node:net';
import type { RedisOptions } from 'ioredis';
import { ConfigError } from '../config/parse.ts';

/** One command, from being sent to its answer. What a request waits for has its own, shorter bound. */
export const COMMAND_TIMEOUT_MS = 2_000;

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
