import type { CacheEntry } from '../cache-store.ts';
import { decodeEntry } from '../entry-codec.ts';
import type { KeyBytes } from './key-bytes.ts';
import { Segment } from './segment.ts';

/** A record: `hash 4 · revision 4 · length of the entry 4 · length of the key 2 · visited 1 · unused 1 · key · entry`. */
const RECORD_BYTES = 16;
const REVISION_AT = 4;
const LENGTH_AT = 8;
const KEY_LENGTH_AT = 12;
const VISITED_AT = 14;

/** The object, its buffer's and its place in the table, measured (bench/cache-memory.mjs). */
const OVERHEAD_BYTES = 512;

export function recordBytes(keyLength: number, entryLength: number): number {
  return RECORD_BYTES + keyLength + entryLength;
}

/**
 * Many small records in one buffer: as objects with buffers of their own, the objects would take more memory than
 * what they hold. The buffer is used again for other records, so what is read is a copy.
 */
export class PackedSegment extends Segment {
  readonly bytes: Buffer;
  #used = 0;

  constructor(id: number, bytes: Buffer) {
    super(id);
    this.bytes = bytes;
  }

  get size(): number {
    return this.bytes.length + OVERHEAD_BYTES;
  }

  hasRoom(size: number): boolean {
    return this.#used + size <= this.bytes.length;
  }

  /** There is room for it. @returns where it begins */
  append(key: KeyBytes, entry: Buffer): number {
    const { bytes } = this;
    const start = this.#used;
    bytes.writeUInt32LE(key.hash, start);
    bytes.writeUInt32LE(0, start + REVISION_AT);
    bytes.writeUInt32LE(entry.length, start + LENGTH_AT);
    bytes.writeUInt16LE(key.length, start + KEY_LENGTH_AT);
    bytes.writeUInt16LE(0, start + VISITED_AT);
    key.bytes.copy(bytes, start + RECORD_BYTES, 0, key.length);
    entry.copy(bytes, start + RECORD_BYTES + key.length);
    this.#used += recordBytes(key.length, entry.length);
    return start;
  }

  /** Of another segment, as it is. There is room for it. */
  appendFrom(from: PackedSegment, offset: number): number {
    const start = this.#used;
    this.#used += from.bytes.copy(this.bytes, start, offset, offset + from.recordSize(offset));
    return start;
  }

  recordSize(offset: number): number {
    return recordBytes(
      this.bytes.readUInt16LE(offset + KEY_LENGTH_AT),
      this.bytes.readUInt32LE(offset + LENGTH_AT),
    );
  }

  *offsets(): Iterable<number> {
    for (let offset = 0; offset < this.#used; offset += this.recordSize(offset)) yield offset;
  }

  hashAt(offset: number): number {
    return this.bytes.readUInt32LE(offset);
  }

  hasKey(offset: number, key: KeyBytes): boolean {
    const { bytes } = this;
    if (bytes.readUInt16LE(offset + KEY_LENGTH_AT) !== key.length) return false;
    const start = offset + RECORD_BYTES;
    for (let i = 0; i < key.length; i++) if (bytes[start + i] !== key.bytes[i]) return false;
    return true;
  }

  visit(offset: number): void {
    this.bytes[offset + VISITED_AT] = 1;
  }

  takeVisit(offset: number): boolean {
    const isVisited = this.bytes[offset + VISITED_AT] === 1;
    this.bytes[offset + VISITED_AT] = 0;
    return isVisited;
  }

  checkedAt(offset: number): number {
    return this.bytes.readUInt32LE(offset + REVISION_AT);
  }

  setChecked(offset: number, revision: number): void {
    this.bytes.writeUInt32LE(revision, offset + REVISION_AT);
  }

  read(offset: number): CacheEntry {
    const start = this.entryAt(offset);
    const copy = Buffer.allocUnsafe(this.bytes.readUInt32LE(offset + LENGTH_AT));
    this.bytes.copy(copy, 0, start, start + copy.length);
    return decodeEntry(copy);
  }

  protected entryAt(offset: number): number {
    return offset + RECORD_BYTES + this.bytes.readUInt16LE(offset + KEY_LENGTH_AT);
  }
}
