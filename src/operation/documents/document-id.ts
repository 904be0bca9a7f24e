import { sha256 } from '../../shared/hash.ts';

export const MAX_ID_LENGTH = 256;

const SHA256 = /^[0-9a-f]{64}$/i;

/** As GraphQL over HTTP writes the hash of a document in `documentId` (its appendix on persisted documents). */
const PREFIX = 'sha256:';

/** Whether an id claims to be the SHA-256 of its document. */
export function isSha256(id: string): boolean {
  return SHA256.test(id);
}

/** One spelling for each id: a hash in lower case and without its prefix, anything else as it is. */
export function canonicalId(id: string): string {
  const bare = id.startsWith(PREFIX) ? id.slice(PREFIX.length) : id;
  return isSha256(bare) ? bare.toLowerCase() : id;
}

/** Half a surrogate pair has no UTF-8 of its own: with it, two texts could have one hash. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Whether a hex SHA-256 is that of a text, and of this one only. */
export function isHashOf(hash: string, text: string): boolean {
  return sha256(text) === hash && !LONE_SURROGATE.test(text);
}
