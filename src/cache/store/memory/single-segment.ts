import type { CacheEntry } from '../cache-store.ts';
import { decodeEntry } from '../entry-codec.ts';
import type { KeyBytes } from './key-bytes.ts';
import { Segment } from './segment.ts';

/** Objects, the buffer's and the decoded entry's among them, measured (bench/cache-memory.mjs). */
const OVERHEAD_BYTES = 1_024;

/** One large record. Its buffer is its own and never changes, so readers look at it itself. */
export class SingleSegment extends Segment {
  readonly bytes: Buffer;
  readonly #hash: number;
  readonly #key: string;
  #revision = 0;
  #isVisited = false;
  #entry: CacheEntry | null = null;

  constructor(id: number, key: KeyBytes, bytes: Buffer) {
    super(id);
    this.bytes = ownBytes(bytes);
    this.#hash = key.hash;
    this.#key = key.toString();
  }

  get size(): number {
    return singleSize(this.#key.length, this.bytes.length);
  }

  offsets(): Iterable<number> {
    return [0];
  }

  hashAt(): number {
    return this.#hash;
  }

  hasKey(_offset: number, key: KeyBytes): boolean {
    return key.hash === this.#hash && key.toString() === this.#key;
  }

  visit(): void {
    this.#isVisited = true;
  }

  takeVisit(): boolean {
    const isVisited = this.#isVisited;
    this.#isVisited = false;
    return isVisited;
  }

  checkedAt(): number {
    return this.#revision;
  }

  setChecked(_offset: number, revision: number): void {
    this.#revision = revision;
  }

  read(): CacheEntry {
    this.#entry ??= decodeEntry(this.bytes);
    return this.#entry;
  }

  protected entryAt(): number {
    return 0;
  }
}

/** A slice would keep all of what it is a slice of in memory. */
function ownBytes(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength === bytes.length) return bytes;
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}

export function singleSize(keyLength: number, entryLength: number): number {
  return keyLength + entryLength + OVERHEAD_BYTES;
}
