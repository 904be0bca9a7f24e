import type { FastifyReply } from 'fastify';
import type { CacheControl } from '../shared/cache-control.ts';

/** Headers that rules pass on from subgraphs to one client. */
export interface AnswerHeaders {
  /** Names in lower case; only `set-cookie` may come more than once. */
  readonly lines: readonly (readonly [name: string, value: string])[];
  /** How long the subgraphs let their replies be kept; null: no rule asks them. */
  readonly cacheControl: CacheControl | null;
}

/** Headers of replies, as they are kept with an answer; what is inserted for each caller is not among them. */
export interface KeptHeaders {
  /** Those whose rules insert something, in the order in which they last did. */
  readonly subgraphs: readonly string[];
  readonly values: readonly (readonly [name: string, values: readonly string[]])[];
  readonly defaults: readonly (readonly [name: string, value: string])[];
  readonly cacheControl: CacheControl | null;
}

/** Adds them beside those of the gateway, which they never replace. @param own that will be sent, too */
export function addAnswerHeaders(
  reply: FastifyReply,
  lines: AnswerHeaders['lines'],
  own: ReadonlyMap<string, string> | null,
): void {
  for (const [name, value] of lines) {
    // Fastify keeps each cookie.
    if (name === 'set-cookie' || !(reply.hasHeader(name) || own?.has(name))) reply.header(name, value);
  }
}

export function setsCookies({ lines }: AnswerHeaders): boolean {
  return lines.some(([name]) => name === 'set-cookie');
}
