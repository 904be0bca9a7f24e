import { type Buffer, isAscii } from 'node:buffer';

/** The text of UTF-8 bytes. What is ASCII throughout, as most JSON is, need not be decoded: half the time of large ones. */
export function utf8Text(bytes: Buffer): string {
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
}
