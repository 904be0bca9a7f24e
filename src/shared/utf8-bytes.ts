import { Buffer } from 'node:buffer';

/** A text as UTF-8. What is ASCII throughout, as most JSON is, is written several times as fast where that is said. */
export function utf8Bytes(text: string): Buffer {
  return Buffer.from(text, Buffer.byteLength(text) === text.length ? 'latin1' : 'utf8');
}
