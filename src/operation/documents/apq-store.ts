import { Lru } from '../../shared/lru.ts';
import { isHashOf } from './document-id.ts';

/**
 * Documents that clients of one persona have registered by sending them (automatic persisted queries). Never
 * shared by personas: what one may run another may not, and one must not push out the documents of another.
 */
export interface ApqStore {
  get(hash: string): string | undefined;
  /**
   * Keeps a document for those who send its hash only. For documents that have passed validation: what
   * nobody can run is not worth the room.
   * @throws RangeError when the hash is not the text's SHA-256, so that no hash ever gets another.
   */
  remember(hash: string, text: string): void;
}

const APQ_BYTES = 8 * 1024 ** 2;

/** A hash, an entry of the map and a list of two. */
const BYTES_PER_ENTRY = 300;

/** One client must not empty the store with a few large documents. */
const LARGEST_SHARE = 1 / 16;

/** @param maxBytes bound on the memory of the texts; the least recently used ones go first. */
export function createApqStore(maxBytes = APQ_BYTES): ApqStore {
  const texts = new Lru<string, string>(maxBytes);
  return {
    get: hash => texts.get(hash),
    remember(hash, text) {
      if (!isHashOf(hash, text)) throw new RangeError('the hash is not that of the document');
      const bytes = BYTES_PER_ENTRY + 2 * text.length;
      if (bytes <= maxBytes * LARGEST_SHARE) texts.set(hash, text, bytes);
    },
  };
}
