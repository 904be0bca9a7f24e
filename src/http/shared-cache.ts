import type { HeaderMap } from '@apollo/server';
import type { FastifyReply } from 'fastify';
import {
  type CacheControl,
  NO_STORE,
  PRIVATE,
  printCacheControl,
  strictest,
} from '../shared/cache-control.ts';
import { setsCookies } from './answer-headers.ts';
import type { RequestContext } from './request-context.ts';

/**
 * Says whether shared caches may keep an answer: one to nobody in particular, of a registered document, by GET and
 * without errors. All others may not be kept, as a cache is free to keep what says nothing about it; where a rule asks
 * subgraphs for how long, the caller's own cache may keep them.
 */
export type SharedCaching = (reply: FastifyReply, context: RequestContext, answer: CacheableAnswer) => void;

export interface CacheableAnswer {
  readonly isSound: boolean;
  readonly headers: HeaderMap;
}

/** Say what one caller has left, and would go on saying it to others. */
const OF_THE_CALLER = ['ratelimit', 'ratelimit-policy'];

/** What decides about a persona, a caller and the form of an answer. */
const VARIES_BY = [
  'accept',
  'authorization',
  'x-api-key',
  'cookie',
  'graphql-client-name',
  'graphql-client-version',
  'apollographql-client-name',
  'apollographql-client-version',
];

/**
 * @param forwarded names, in lower case, of client headers that rules pass on: subgraphs may answer by them. Null:
 * they cannot be listed, so that no cache could tell answers apart.
 */
export function createSharedCaching(forwarded: readonly string[] | null): SharedCaching {
  const passedOn = [...new Set(forwarded)];
  const variesBy = [...new Set([...VARIES_BY, ...passedOn])].join(', ');
  return (reply, { persona, caller, progress }, answer) => {
    const { method, headers } = reply.request;
    const { maxAge } = persona.response;
    const { answerHeaders, readsHeaders } = progress;
    const isKept =
      answer.isSound &&
      forwarded !== null &&
      !readsHeaders &&
      (answerHeaders === null || !setsCookies(answerHeaders));
    const isPublic =
      isKept &&
      maxAge !== null &&
      method === 'GET' &&
      caller.kind === 'anonymous' &&
      progress.document !== null &&
      progress.document.id !== null &&
      // Whoever sends one of these is told apart by subgraphs, if not here.
      passedOn.every(name => headers[name] === undefined);
    const own: CacheControl | null = isPublic
      ? { ...PRIVATE, scope: 'public', maxAge: Math.floor(maxAge / 1_000) }
      : null;
    const control = isKept ? combine(own, answerHeaders?.cacheControl ?? null) : NO_STORE;
    reply.header('cache-control', printCacheControl(control));
    if (!control.isStored) return;
    addVary(reply, variesBy);
    if (control.scope !== 'private') for (const name of OF_THE_CALLER) answer.headers.delete(name);
  };
}

/** Subgraphs can say less than the gateway does, or let the caller's own cache keep what nobody else's may. */
function combine(own: CacheControl | null, subgraphs: CacheControl | null): CacheControl {
  if (subgraphs === null) return own ?? NO_STORE;
  return strictest(own ?? PRIVATE, subgraphs);
}

/** CORS has said that the origin counts. */
function addVary(reply: FastifyReply, names: string): void {
  const vary = reply.getHeader('vary');
  reply.header('vary', vary === undefined ? names : `${vary}, ${names}`);
}
