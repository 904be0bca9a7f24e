import { randomBytes } from 'node:crypto';
import { sha256 } from '../../../shared/hash.ts';

/** The longest key that is kept as it is, in UTF-16 units. */
const MAX_KEY_LENGTH = 512;

/** Nobody outside can choose keys that all have one hash. */
const SEED = randomBytes(4).readUInt32LE(0);

/** Bounded: a key that is longer is known by its hash. */
export function shortKey(key: string): string {
  return key.length <= MAX_KEY_LENGTH ? key : `#${sha256(key)}`;
}

/** A key as bytes with their hash, in a buffer that the next key is written into. */
export class KeyBytes {
  readonly bytes = Buffer.alloc(MAX_KEY_LENGTH * 3);
  length = 0;
  /** 32 bits, unsigned. */
  hash = 0;

  /** @param key from {@link shortKey} */
  set(key: string): void {
    const { bytes } = this;
    const length = bytes.write(key, 0);
    let hash = SEED;
    for (let i = 0; i < length; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
    // FNV-1a leaves the last bytes in the low bits; this spreads them (the end of murmur3).
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    this.hash = (hash ^ (hash >>> 16)) >>> 0;
    this.length = length;
  }

  toString(): string {
    return this.bytes.toString('utf8', 0, this.length);
  }
}
