import type { Clock } from '../../../shared/clock.ts';
import type { CacheEntry } from '../cache-store.ts';
import type { TagNumbers } from '../tag-numbers.ts';
import { KeyBytes, shortKey } from './key-bytes.ts';
import { KeyIndex } from './key-index.ts';
import { PackedSegment, recordBytes } from './packed-segment.ts';
import { type Segment, SegmentQueue } from './segment.ts';
import { SingleSegment, singleSize } from './single-segment.ts';

export interface MemoryTierOptions {
  readonly maxBytes: number;
  readonly clock: Clock;
  readonly numbers: TagNumbers;
  /** So many went to make room, and are not past their times. */
  readonly onEvicted: (count: number) => void;
}

const LARGEST_PACK = 64 * 1024;
const SMALLEST_PACK = 4 * 1024;
/** A pack is at most this part of the bound, and a record of it at most this part of a pack. */
const PACKS = 64;
const RECORDS = 16;

/** What nobody has read again may fill this part; the rest is for what was. */
const FRESH_SHARE = 0.25;

/** Large records that may go back to the end of their queue while room is made once. */
const MAX_RETURNS = 8;

/**
 * The memory of a store: entries as bytes in segments, of which the oldest go first. What was read again in the
 * meantime then moves to a queue of its own (as in S3-FIFO), so a flood of entries that nobody comes back for pushes
 * out itself, and a read changes one bit.
 */
export class MemoryTier {
  readonly #options: MemoryTierOptions;
  readonly #packBytes: number;
  readonly #key = new KeyBytes();
  readonly #index = new KeyIndex();
  /** By id; those that are free are in the other list. */
  readonly #segments: (Segment | null)[] = [null];
  readonly #freeIds: number[] = [];
  readonly #fresh = new SegmentQueue();
  readonly #proven = new SegmentQueue();
  /** Where small records are appended. */
  #freshPack: PackedSegment | null = null;
  #provenPack: PackedSegment | null = null;
  #spare: Buffer | null = null;

  constructor(options: MemoryTierOptions) {
    this.#options = options;
    const power = 2 ** Math.floor(Math.log2(options.maxBytes / PACKS));
    this.#packBytes = Math.min(LARGEST_PACK, Math.max(SMALLEST_PACK, power));
  }

  get bytes(): number {
    return this.#fresh.bytes + this.#proven.bytes + this.#index.bytes + (this.#spare?.length ?? 0);
  }

  get size(): number {
    return this.#index.size;
  }

  /** Never what is past its times or was invalidated: that is forgotten here. */
  get(key: string): CacheEntry | undefined {
    const slot = this.#find(key);
    if (slot === -1) return undefined;
    const segment = this.#segmentAt(slot);
    const offset = this.#index.offsetAt(slot);
    if (segment.untilAt(offset) <= this.#options.clock.now() || !this.#isValid(segment, offset)) {
      this.#forget(slot);
      return undefined;
    }
    segment.visit(offset);
    return segment.read(offset);
  }

  /** @param entry encoded; nobody writes into it from now on */
  set(key: string, entry: Buffer): void {
    const slot = this.#find(key);
    const isProven = slot !== -1 && this.#segmentAt(slot).isProven;
    if (slot !== -1) this.#forget(slot);
    if (recordBytes(this.#key.length, entry.length) <= this.#packBytes / RECORDS) {
      const pack = this.#packFor(recordBytes(this.#key.length, entry.length), isProven);
      this.#index.add(this.#key.hash, pack.id, pack.append(this.#key, entry));
      pack.live++;
    } else {
      if (singleSize(this.#key.length, entry.length) > this.#options.maxBytes / 2) return;
      const segment = this.#enter(id => new SingleSegment(id, this.#key, entry), isProven);
      this.#index.add(this.#key.hash, segment.id, 0);
      segment.live = 1;
    }
    this.#makeRoom();
  }

  delete(key: string): void {
    const slot = this.#find(key);
    if (slot !== -1) this.#forget(slot);
  }

  clear(): void {
    for (const queue of [this.#fresh, this.#proven]) {
      for (let segment = queue.oldest; segment !== null; segment = queue.oldest) this.#release(segment);
    }
    this.#index.clear();
    this.#spare = null;
  }

  #find(key: string): number {
    this.#key.set(shortKey(key));
    let slot = this.#index.find(this.#key.hash);
    while (slot !== -1 && !this.#segmentAt(slot).hasKey(this.#index.offsetAt(slot), this.#key)) {
      slot = this.#index.find(this.#key.hash, slot);
    }
    return slot;
  }

  #segmentAt(slot: number): Segment {
    return this.#segments[this.#index.segmentAt(slot)] as Segment;
  }

  #isValid(segment: Segment, offset: number): boolean {
    const { numbers } = this.#options;
    const since = segment.sinceAt(offset);
    if (numbers.isUntouched(since) || segment.checkedAt(offset) === numbers.revision) return true;
    if (!numbers.isValid(segment.tagsAt(offset), since)) return false;
    segment.setChecked(offset, numbers.revision);
    return true;
  }

  #forget(slot: number): void {
    const segment = this.#segmentAt(slot);
    this.#index.remove(slot);
    segment.live--;
    if (segment.live === 0 && !this.#isOpen(segment)) this.#release(segment);
  }

  #isOpen(segment: Segment): boolean {
    return segment === this.#freshPack || segment === this.#provenPack;
  }

  #packFor(size: number, isProven: boolean): PackedSegment {
    const open = isProven ? this.#provenPack : this.#freshPack;
    if (open?.hasRoom(size)) return open;
    const bytes = this.#spare ?? Buffer.allocUnsafeSlow(this.#packBytes);
    this.#spare = null;
    const pack = this.#enter(id => new PackedSegment(id, bytes), isProven);
    if (isProven) this.#provenPack = pack;
    else this.#freshPack = pack;
    if (open?.live === 0) this.#release(open);
    return pack;
  }

  #enter<T extends Segment>(create: (id: number) => T, isProven: boolean): T {
    const id = this.#freeIds.pop() ?? this.#segments.length;
    const segment = create(id);
    this.#segments[id] = segment;
    this.#push(segment, isProven);
    return segment;
  }

  #push(segment: Segment, isProven: boolean): void {
    segment.isProven = isProven;
    (isProven ? this.#proven : this.#fresh).push(segment);
  }

  #unlink(segment: Segment): void {
    (segment.isProven ? this.#proven : this.#fresh).remove(segment);
    if (segment === this.#freshPack) this.#freshPack = null;
    if (segment === this.#provenPack) this.#provenPack = null;
  }

  /** Nothing of it is needed any more. */
  #release(segment: Segment): void {
    this.#unlink(segment);
    this.#free(segment);
  }

  #free(segment: Segment): void {
    this.#segments[segment.id] = null;
    this.#freeIds.push(segment.id);
    if (segment instanceof PackedSegment) this.#spare ??= segment.bytes;
  }

  #makeRoom(): void {
    const { maxBytes, onEvicted } = this.#options;
    let [evicted, returns] = [0, MAX_RETURNS];
    while (this.bytes > maxBytes) {
      const isFresh = this.#fresh.bytes > maxBytes * FRESH_SHARE || this.#proven.oldest === null;
      const segment = (isFresh ? this.#fresh : this.#proven).oldest;
      if (segment === null) break;
      this.#unlink(segment);
      if (segment instanceof PackedSegment) {
        evicted += this.#empty(segment, isFresh ? segment.size : segment.size / 2);
      } else if (segment.takeVisit(0) && (isFresh || returns-- > 0)) {
        this.#push(segment, true);
      } else {
        this.#index.remove(this.#index.findPlace(segment.hashAt(0), segment.id, 0));
        this.#free(segment);
        evicted++;
      }
    }
    if (evicted > 0) onEvicted(evicted);
  }

  /** Moves on what was read again, up to so many bytes. @returns how many records were evicted */
  #empty(segment: PackedSegment, maxKept: number): number {
    let [evicted, kept] = [0, 0];
    const now = this.#options.clock.now();
    for (const offset of segment.offsets()) {
      const slot = this.#index.findPlace(segment.hashAt(offset), segment.id, offset);
      if (slot === -1) continue;
      const size = segment.recordSize(offset);
      const isOver = segment.untilAt(offset) <= now;
      if (!isOver && segment.takeVisit(offset) && kept + size <= maxKept) {
        const pack = this.#packFor(size, true);
        this.#index.move(slot, pack.id, pack.appendFrom(segment, offset));
        pack.live++;
        kept += size;
      } else {
        this.#index.remove(slot);
        if (!isOver) evicted++;
      }
    }
    this.#free(segment);
    return evicted;
  }
}
