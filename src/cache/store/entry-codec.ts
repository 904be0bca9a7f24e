import { crc32 } from 'node:zlib';
import type { CacheEntry } from './cache-store.ts';

/**
 * One form of an entry for memory and for Redis. Little-endian:
 * `magic+version 4 · crc32 4 · since 8 · stored 8 · fresh 8 · revalidate 8 · error 8 · cost 4 · tags 2 · parts 2`,
 * then each tag as length (2) and UTF-8, then the lengths of the parts (4 each), then the parts.
 * The checksum is of all that follows it. The script that reads in Redis knows this layout up to the tags.
 */
export const HEADER_BYTES = 56;

/** Its last byte is the version: another layout is another magic, and what has it is a miss. */
export const MAGIC = 'WCE\u0001';

const MAGIC_NUMBER = Buffer.from(MAGIC, 'latin1').readUInt32LE(0);
const CHECKED_FROM = 8;
const MAX_COUNT = 0xffff;

/** Byte positions of what is read without decoding the rest. */
export const SINCE_AT = 8;
export const STORED_AT = 16;
export const FRESH_AT = 24;
export const REVALIDATE_AT = 32;
const ERROR_AT = 40;
export const TAG_COUNT_AT = 52;
const PART_COUNT_AT = 54;

/** Null for what the form has no room for: more than 65,535 tags or parts, or a tag longer than that. */
export function encodeEntry(entry: CacheEntry): Buffer | null {
  const { parts, tags } = entry;
  if (parts.length > MAX_COUNT || tags.length > MAX_COUNT) return null;
  let size = HEADER_BYTES + parts.length * 4;
  for (const tag of tags) {
    const length = Buffer.byteLength(tag);
    if (length > MAX_COUNT) return null;
    size += 2 + length;
  }
  for (const part of parts) size += part.length;
  const bytes = Buffer.allocUnsafe(size);
  writeHeader(bytes, entry);
  let at = HEADER_BYTES;
  for (const tag of tags) {
    const length = bytes.write(tag, at + 2);
    bytes.writeUInt16LE(length, at);
    at += 2 + length;
  }
  for (const part of parts) at = bytes.writeUInt32LE(part.length, at);
  for (const part of parts) at += part.copy(bytes, at);
  return bytes;
}

/** Sets the checksum, which only what leaves the process needs. */
export function seal(bytes: Buffer): Buffer {
  bytes.writeUInt32LE(crc32(bytes.subarray(CHECKED_FROM)), 4);
  return bytes;
}

/** Whether these bytes are an entry of this version, unharmed since {@link seal}. */
export function isIntact(bytes: Buffer): boolean {
  return (
    bytes.length >= HEADER_BYTES &&
    bytes.readUInt32LE(0) === MAGIC_NUMBER &&
    bytes.readUInt32LE(4) === crc32(bytes.subarray(CHECKED_FROM))
  );
}

/** Only of intact bytes. The parts are views of them. */
export function decodeEntry(bytes: Buffer): CacheEntry {
  const { tags, end } = readTags(bytes);
  const parts: Buffer[] = [];
  const count = bytes.readUInt16LE(PART_COUNT_AT);
  let at = end + count * 4;
  for (let i = 0; i < count; i++) {
    const length = bytes.readUInt32LE(end + i * 4);
    parts.push(bytes.subarray(at, at + length));
    at += length;
  }
  return {
    parts,
    storedAt: bytes.readDoubleLE(STORED_AT),
    freshUntil: bytes.readDoubleLE(FRESH_AT),
    revalidateUntil: bytes.readDoubleLE(REVALIDATE_AT),
    errorUntil: bytes.readDoubleLE(ERROR_AT),
    costMs: bytes.readFloatLE(48),
    tags,
    since: bytes.readDoubleLE(SINCE_AT),
  };
}

/** @param start where the entry begins in the bytes */
export function readSince(bytes: Buffer, start = 0): number {
  return bytes.readDoubleLE(start + SINCE_AT);
}

export function readStoredAt(bytes: Buffer): number {
  return bytes.readDoubleLE(STORED_AT);
}

/** When the last use of an entry is over, ms since the epoch. */
export function readUntil(bytes: Buffer, start = 0): number {
  return Math.max(
    0,
    bytes.readDoubleLE(start + FRESH_AT),
    bytes.readDoubleLE(start + REVALIDATE_AT),
    bytes.readDoubleLE(start + ERROR_AT),
  );
}

/** A copy that says it was valid at that number. */
export function validAt(bytes: Buffer, number: number): Buffer {
  const own = Buffer.from(bytes);
  own.writeDoubleLE(number, SINCE_AT);
  return own;
}

/** @returns the tags, and where they end */
export function readTags(bytes: Buffer, start = 0): { readonly tags: string[]; readonly end: number } {
  const tags: string[] = [];
  const count = bytes.readUInt16LE(start + TAG_COUNT_AT);
  let at = start + HEADER_BYTES;
  for (let i = 0; i < count; i++) {
    const end = at + 2 + bytes.readUInt16LE(at);
    tags.push(bytes.toString('utf8', at + 2, end));
    at = end;
  }
  return { tags, end: at };
}

function writeHeader(bytes: Buffer, entry: CacheEntry): void {
  bytes.writeUInt32LE(MAGIC_NUMBER, 0);
  bytes.writeUInt32LE(0, 4);
  bytes.writeDoubleLE(entry.since, SINCE_AT);
  bytes.writeDoubleLE(entry.storedAt, STORED_AT);
  bytes.writeDoubleLE(entry.freshUntil, FRESH_AT);
  bytes.writeDoubleLE(entry.revalidateUntil, REVALIDATE_AT);
  bytes.writeDoubleLE(entry.errorUntil, ERROR_AT);
  bytes.writeFloatLE(entry.costMs, 48);
  bytes.writeUInt16LE(entry.tags.length, TAG_COUNT_AT);
  bytes.writeUInt16LE(entry.parts.length, PART_COUNT_AT);
}
