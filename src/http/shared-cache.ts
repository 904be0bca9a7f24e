import type { FastifyReply } from 'fastify';
import {
  type CacheControl,
  NO_STORE,
  PRIVATE,
  printCacheControl,
  strictest,
} from '../shared/cache-control.ts';
import type { Clock } from '../shared/clock.ts';
import { setsCookies } from './answer-headers.ts';
import { answerStateOf, type KeptAnswer } from './kept-answer.ts';
import type { RequestContext } from './request-context.ts';

/**
 * Says whether shared caches may keep an answer: one to nobody in particular, of a registered document, by GET and
 * without errors. All others may not be kept, as a cache is free to keep what says nothing about it; where a rule asks
 * subgraphs for how long, the caller's own cache may keep them.
 */
export type SharedCaching = (reply: FastifyReply, context: RequestContext, answer: CacheableAnswer) => void;

export interface CacheableAnswer {
  readonly isSound: boolean;
  readonly headers: Map<string, string>;
}

interface SharedCachingOptions {
  /** Whether shared caches in front are told the tags of what is public. */
  readonly surrogateKeys: boolean;
  readonly clock: Clock;
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
export function createSharedCaching(
  forwarded: readonly string[] | null,
  { surrogateKeys, clock }: SharedCachingOptions,
): SharedCaching {
  const passedOn = [...new Set(forwarded)];
  const variesBy = [...new Set([...VARIES_BY, ...passedOn])].join(', ');
  return (reply, { persona, caller, progress }, answer) => {
    const { method, headers } = reply.request;
    const { maxAge } = persona.response;
    const { answerHeaders, readsHeaders, kept, lookup } = progress;
    const state = answerStateOf(progress);
    if (state !== null) reply.header('x-cache', state);
    const isKept =
      answer.isSound &&
      forwarded !== null &&
      !readsHeaders &&
      (answerHeaders === null || !setsCookies(answerHeaders));
    const mayBePublic =
      isKept &&
      !progress.isPrivate &&
      method === 'GET' &&
      caller.kind === 'anonymous' &&
      // Whoever sends one of these is told apart by subgraphs, if not here.
      passedOn.every(name => headers[name] === undefined);
    const isRegistered = progress.document !== null && progress.document.id !== null;
    // Of a kind that is kept, and not kept: a reply has said so.
    const isForbidden = lookup !== null && kept === null;
    const ofPersona: CacheControl | null =
      mayBePublic && isRegistered && maxAge !== null && !isForbidden
        ? { ...PRIVATE, scope: 'public', maxAge: Math.floor(maxAge / 1_000) }
        : null;
    const own = kept === null ? ofPersona : controlOf(kept, mayBePublic);
    const control = isKept ? combine(own, answerHeaders?.cacheControl ?? null) : NO_STORE;
    reply.header('cache-control', printCacheControl(control));
    if (!control.isStored) return;
    addVary(reply, variesBy);
    if (kept !== null) {
      reply.header('age', Math.max(0, Math.floor((clock.now() - kept.storedAt) / 1_000)));
      if (surrogateKeys && control.scope === 'public') tellTags(reply, kept.tags);
    }
    if (control.scope !== 'private') for (const name of OF_THE_CALLER) answer.headers.delete(name);
  };
}

function controlOf(
  { isPublic, storedAt, freshUntil, staleWhileRevalidateMs, staleIfErrorMs }: KeptAnswer,
  mayBePublic: boolean,
): CacheControl {
  return {
    ...PRIVATE,
    scope: isPublic && mayBePublic ? 'public' : 'private',
    maxAge: Math.floor((freshUntil - storedAt) / 1_000),
    staleWhileRevalidate: Math.floor(staleWhileRevalidateMs / 1_000),
    staleIfError: Math.floor(staleIfErrorMs / 1_000),
  };
}

/** Longer lists are cut by some shared caches in the middle of a tag, which then would not be found: rather none. */
const LONGEST_TAGS = 8_192;

/** The two names by which shared caches are told tags. */
function tellTags(reply: FastifyReply, tags: readonly string[]): void {
  const keys = tags.join(' ');
  if (keys.length > LONGEST_TAGS) return;
  reply.header('surrogate-key', keys);
  reply.header('cache-tag', tags.join(','));
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
