import type { Answer, ContentCoding, OnEncoded } from '../../http/answer.ts';
import type { KeptHeaders } from '../../http/answer-headers.ts';
import type { KeptAnswer } from '../../http/kept-answer.ts';
import type { CacheEntry } from '../store/cache-store.ts';

/** What an entry says of an answer beside its bytes. */
interface Facts {
  readonly hash: string;
  readonly cost: number;
  readonly isPublic: boolean;
  /** Absent: there are none. */
  readonly headers?: KeptHeaders;
  /** Of the parts after the bytes. */
  readonly codings: readonly ContentCoding[];
}

/** The first part of an entry says what the others are: the bytes, and compressed forms of them. */
export function writeFacts(facts: Facts): Buffer {
  return Buffer.from(JSON.stringify(facts));
}

/** Makes an answer of bytes that were one before, and of the compressed forms that are known. */
export type Restore = (
  bytes: Buffer,
  forms: ReadonlyMap<ContentCoding, Buffer>,
  onEncoded: OnEncoded,
) => Answer;

interface ReadOptions {
  readonly restore: Restore;
  /** Told of parts that the entry should have from now on. */
  readonly onGrown: (parts: readonly Buffer[]) => void;
}

/**
 * The answer of an entry; null where it has the form of another version, as while a fleet is renewed. A form that was
 * compressed before is not compressed again; one that is made is handed on, with the parts that the entry should then
 * have.
 */
export function readKept(entry: CacheEntry, { restore, onGrown }: ReadOptions): KeptAnswer | null {
  const [head, bytes, ...forms] = entry.parts;
  if (head === undefined || bytes === undefined) return null;
  const facts = readFacts(head);
  if (facts === null) return null;
  const { codings } = facts;
  const known = new Map(codings.flatMap((coding, i) => (forms[i] ? [[coding, forms[i]] as const] : [])));
  const answer = restore(bytes, known, (coding, form) =>
    onGrown([writeFacts({ ...facts, codings: [...codings, coding] }), bytes, ...forms, form]),
  );
  return {
    answer,
    hash: facts.hash,
    cost: facts.cost,
    isPublic: facts.isPublic,
    storedAt: entry.storedAt,
    freshUntil: entry.freshUntil,
    staleWhileRevalidateMs: entry.revalidateUntil - entry.freshUntil,
    staleIfErrorMs: entry.errorUntil - entry.freshUntil,
    tags: entry.tags,
    headers: facts.headers ?? null,
  };
}

/** Whatever its checksum says, another process has written it. */
function readFacts(head: Buffer): Facts | null {
  try {
    const facts = JSON.parse(head.toString()) as Partial<Facts> | null;
    return isFacts(facts) ? facts : null;
  } catch {
    return null;
  }
}

function isFacts(facts: Partial<Facts> | null): facts is Facts {
  if (typeof facts !== 'object' || facts === null) return false;
  const { hash, cost, isPublic, headers, codings } = facts;
  return (
    typeof hash === 'string' &&
    typeof cost === 'number' &&
    typeof isPublic === 'boolean' &&
    Array.isArray(codings) &&
    (headers === undefined || hasHeaders(headers))
  );
}

function hasHeaders(headers: Partial<KeptHeaders> | null): boolean {
  if (typeof headers !== 'object' || headers === null) return false;
  const { subgraphs, values, defaults, cacheControl } = headers;
  return [subgraphs, values, defaults].every(Array.isArray) && typeof cacheControl === 'object';
}
