/** Of each slot: the hash, and where the record is. */
const SLOT_BYTES = 12;

const FIRST_CAPACITY = 256;

/** Longer chains than at this load cost more than the memory is worth. */
const MAX_LOAD = 0.65;

/**
 * Where the record of a key is, by the hash of the key: an open table with linear probing in typed arrays. A `Map`
 * would cost several times the memory, an amount that nobody can say, and long pauses whenever it grows.
 */
export class KeyIndex {
  #hashes = new Uint32Array(FIRST_CAPACITY);
  /** 0 where the slot is free. */
  #segments = new Uint32Array(FIRST_CAPACITY);
  #offsets = new Uint32Array(FIRST_CAPACITY);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#hashes.length * SLOT_BYTES;
  }

  /** The first slot with this hash, or the next one after another; -1 when there is none. */
  find(hash: number, after = -1): number {
    const mask = this.#hashes.length - 1;
    let slot = after === -1 ? hash & mask : (after + 1) & mask;
    while (this.#segments[slot] !== 0) {
      if (this.#hashes[slot] === hash) return slot;
      slot = (slot + 1) & mask;
    }
    return -1;
  }

  /** The slot of just this record, or -1. */
  findPlace(hash: number, segment: number, offset: number): number {
    let slot = this.find(hash);
    while (slot !== -1 && (this.#segments[slot] !== segment || this.#offsets[slot] !== offset)) {
      slot = this.find(hash, slot);
    }
    return slot;
  }

  segmentAt(slot: number): number {
    return this.#segments[slot] as number;
  }

  offsetAt(slot: number): number {
    return this.#offsets[slot] as number;
  }

  /** @param segment not 0 */
  add(hash: number, segment: number, offset: number): void {
    if (this.#size + 1 > this.#hashes.length * MAX_LOAD) this.#grow();
    this.#size++;
    this.#put(hash, segment, offset);
  }

  move(slot: number, segment: number, offset: number): void {
    this.#segments[slot] = segment;
    this.#offsets[slot] = offset;
  }

  /** Moves up what comes after, so that chains have no gaps. Slots found before are void. */
  remove(slot: number): void {
    const mask = this.#hashes.length - 1;
    let hole = slot;
    for (let at = (slot + 1) & mask; this.#segments[at] !== 0; at = (at + 1) & mask) {
      const home = (this.#hashes[at] as number) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      this.#hashes[hole] = this.#hashes[at] as number;
      this.move(hole, this.segmentAt(at), this.offsetAt(at));
      hole = at;
    }
    this.#segments[hole] = 0;
    this.#size--;
  }

  clear(): void {
    this.#allocate(FIRST_CAPACITY);
    this.#size = 0;
  }

  #put(hash: number, segment: number, offset: number): void {
    const mask = this.#hashes.length - 1;
    let slot = hash & mask;
    while (this.#segments[slot] !== 0) slot = (slot + 1) & mask;
    this.#hashes[slot] = hash;
    this.move(slot, segment, offset);
  }

  #grow(): void {
    const [hashes, segments, offsets] = [this.#hashes, this.#segments, this.#offsets];
    this.#allocate(hashes.length * 2);
    for (let slot = 0; slot < hashes.length; slot++) {
      if (segments[slot] === 0) continue;
      this.#put(hashes[slot] as number, segments[slot] as number, offsets[slot] as number);
    }
  }

  #allocate(capacity: number): void {
    this.#hashes = new Uint32Array(capacity);
    this.#segments = new Uint32Array(capacity);
    this.#offsets = new Uint32Array(capacity);
  }
}
