import type { CacheEntry } from '../cache-store.ts';
import { readSince, readTags, readUntil } from '../entry-codec.ts';
import type { KeyBytes } from './key-bytes.ts';

/** Records that are kept and thrown away together. Each is known by where it begins. */
export abstract class Segment {
  previous: Segment | null = null;
  next: Segment | null = null;
  /** How many of its records the index still knows. */
  live = 0;
  /** Whether it is among those of which something was read again. */
  isProven = false;
  /** Of the index; not 0. */
  readonly id: number;

  constructor(id: number) {
    this.id = id;
  }

  /** What it takes up, with what having it costs. */
  abstract readonly size: number;
  /** Where its records begin, those the index has forgotten among them. */
  abstract offsets(): Iterable<number>;
  abstract hashAt(offset: number): number;
  abstract hasKey(offset: number, key: KeyBytes): boolean;
  /** Marks it as read again. */
  abstract visit(offset: number): void;
  /** Whether it was read since it was last asked. */
  abstract takeVisit(offset: number): boolean;
  /** At which revision of the invalidations it was last seen to be valid. */
  abstract checkedAt(offset: number): number;
  abstract setChecked(offset: number, revision: number): void;
  abstract read(offset: number): CacheEntry;

  protected abstract readonly bytes: Buffer;
  protected abstract entryAt(offset: number): number;

  sinceAt(offset: number): number {
    return readSince(this.bytes, this.entryAt(offset));
  }

  untilAt(offset: number): number {
    return readUntil(this.bytes, this.entryAt(offset));
  }

  tagsAt(offset: number): readonly string[] {
    return readTags(this.bytes, this.entryAt(offset)).tags;
  }
}

/** Segments in the order in which they came. */
export class SegmentQueue {
  #head: Segment | null = null;
  #tail: Segment | null = null;
  #bytes = 0;

  /** The sum of their sizes. */
  get bytes(): number {
    return this.#bytes;
  }

  get oldest(): Segment | null {
    return this.#head;
  }

  push(segment: Segment): void {
    segment.previous = this.#tail;
    segment.next = null;
    if (this.#tail === null) this.#head = segment;
    else this.#tail.next = segment;
    this.#tail = segment;
    this.#bytes += segment.size;
  }

  remove(segment: Segment): void {
    const { previous, next } = segment;
    if (previous === null) this.#head = next;
    else previous.next = next;
    if (next === null) this.#tail = previous;
    else next.previous = previous;
    segment.previous = null;
    segment.next = null;
    this.#bytes -= segment.size;
  }
}
