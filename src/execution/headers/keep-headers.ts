import type { ResponseRule } from '../../config/header-rules.ts';
import { NO_HEADERS, type ReplyHeaders } from '../fetch/subgraph-fetch.ts';
import { connectionNames } from './connection-names.ts';
import { remembering } from './name-match.ts';
import { compileReadReply, type ReadReply, valuesOf } from './response-headers.ts';

/**
 * What of a reply's headers is kept beside each value of it, so that the rules find in it what they found in the reply.
 * Null: nothing of the reply is to be kept.
 */
export type KeepHeaders = (headers: ReplyHeaders) => ReplyHeaders | null;

/** A reply of 100 entities has them 100 times. */
const MOST_NAMES = 64;
const MAX_CHARACTERS = 4 * 1024;

/** A cookie is for one client, whoever it is that asks next: what comes with one is kept nowhere, whole or in parts. */
export function hasCookie(names: { has(name: string): boolean }): boolean {
  return names.has('set-cookie');
}

/** @param rules of one subgraph */
export function compileKeepHeaders(rules: readonly ResponseRule[]): KeepHeaders {
  if (rules.length === 0) return () => NO_HEADERS;
  const read = compileReadReply(rules);
  const isRead = remembering(name => reads(read, name));
  const asksForHowLong = read(NO_HEADERS).get('cache-control')?.kind === 'cache';
  return headers => {
    if (hasCookie(read(headers))) return null;
    const reply = { headers, hops: connectionNames(headers['connection']) };
    const names = Object.keys(headers).filter(name => isRead(name) || (asksForHowLong && name === 'age'));
    const kept = names
      .map(name => [name, valuesOf(name, reply)] as const)
      .filter(([, { length }]) => length > 0);
    if (kept.length > MOST_NAMES) return null;
    const own = Object.fromEntries(kept.map(([name, values]) => [name, [...values]]));
    return JSON.stringify(own).length > MAX_CHARACTERS ? null : own;
  };
}

/** Whether it depends on that header what clients get: of one that a later rule takes out again it does not. */
function reads(read: ReadReply, name: string): boolean {
  return [...read(Object.fromEntries([[name, 'x']]))].some(
    ([target, { kind }]) => kind === 'values' || (kind === 'cache' && target === name),
  );
}
