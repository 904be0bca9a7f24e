import { createMeter } from '../algorithms/create-meter.ts';
import type { Meter } from '../algorithms/meter.ts';
import type { BucketName, BucketPlan } from '../bucket.ts';

export interface HeldBucket {
  readonly plan: BucketPlan;
  readonly owner: string;
  readonly meter: Meter;
  bytes: number;
  /** How many buckets had come in when it was last moved to the end. */
  movedAt: number;
  /** False: made for a question, and kept only if something is taken. */
  isKept: boolean;
  available: number;
  pending: number;
}

interface Table {
  readonly plan: BucketPlan;
  /** By owner; the least recently used first, nearly. */
  readonly held: Map<string, HeldBucket>;
}

export interface HeldOptions {
  /** Bound on what all buckets take, estimated. */
  readonly maxBytes: number;
  /** A bucket was forgotten that was not full: its owner begins anew. */
  readonly onForgotten: (plan: BucketPlan) => void;
}

const BUCKET_BYTES = 250;
const LOG_ENTRY_BYTES = 40;

/** Full buckets looked for among so many when a new one comes in: two, so that more go than come. */
const SWEPT = 2;

/** Candidates when something that is not full has to go. */
const CANDIDATES = 8;

/**
 * Buckets in memory, bounded. A full bucket says the same as none and goes first. When none is full, that one goes of
 * the least recently used, in the limit that has most of them, which would be full soonest; and somebody is told, as
 * its owner has then been given something. A flood of owners of one limit thus presses on that limit first.
 */
export class HeldBuckets {
  readonly #tables = new Map<string, Table>();
  readonly #options: HeldOptions;
  #bytes = 0;
  #cameIn = 0;
  /** Tables still to be swept in this round. */
  #round: MapIterator<Table> | null = null;

  constructor(options: HeldOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The bucket, or a full one that is not kept. */
  find({ plan, owner }: BucketName): HeldBucket {
    const found = this.#tables.get(plan.key)?.held.get(owner);
    if (found === undefined) {
      const meter = createMeter(plan);
      return { plan, owner, meter, bytes: 0, movedAt: 0, isKept: false, available: 0, pending: 0 };
    }
    found.pending = 0;
    return found;
  }

  /** After a change: kept from now on, used most recently, and counted as large as it now is. */
  keep(bucket: HeldBucket, now: number): void {
    const bytes = BUCKET_BYTES + bucket.owner.length * 2 + bucket.meter.size * LOG_ENTRY_BYTES;
    this.#bytes += bytes - bucket.bytes;
    bucket.bytes = bytes;
    if (!bucket.isKept) {
      const { held } = this.#tableOf(bucket.plan);
      this.#add(held, bucket);
      this.#sweep(held, now);
      this.#sweepNextTable(now);
    } else if (bucket.movedAt < this.#cameIn) this.#moveToEnd(bucket);
    while (this.#bytes > this.#options.maxBytes) this.#forgetOne(now);
  }

  drop({ plan, owner }: BucketName): void {
    const table = this.#tables.get(plan.key);
    if (table !== undefined) this.#remove(table.held, owner);
  }

  #tableOf(plan: BucketPlan): Table {
    const found = this.#tables.get(plan.key);
    if (found !== undefined) return found;
    const table = { plan, held: new Map<string, HeldBucket>() };
    this.#tables.set(plan.key, table);
    return table;
  }

  #add(held: Map<string, HeldBucket>, bucket: HeldBucket): void {
    bucket.isKept = true;
    bucket.movedAt = ++this.#cameIn;
    held.set(bucket.owner, bucket);
  }

  /** Moving costs more than taking does, and while few come in nothing has to go. */
  #moveToEnd(bucket: HeldBucket): void {
    const { plan, owner, movedAt } = bucket;
    const { held } = this.#tableOf(plan);
    if (this.#cameIn - movedAt <= held.size / 8) return;
    bucket.movedAt = this.#cameIn;
    held.delete(owner);
    held.set(owner, bucket);
  }

  #sweep(held: Map<string, HeldBucket>, now: number): void {
    let left = SWEPT;
    for (const [owner, { meter }] of held) {
      if (left-- === 0 || meter.fullAfter(now) > 0) return;
      this.#remove(held, owner);
    }
  }

  /** Nobody may come to a limit any more, or it has been declared with other numbers: what it has kept goes too. */
  #sweepNextTable(now: number): void {
    this.#round ??= this.#tables.values();
    const next = this.#round.next();
    if (next.done) {
      this.#round = null;
      return;
    }
    this.#sweep(next.value.held, now);
    if (next.value.held.size === 0) this.#tables.delete(next.value.plan.key);
  }

  #forgetOne(now: number): void {
    const table = this.#largest();
    let soonest: { readonly owner: string; readonly afterMs: number } | null = null;
    let left = CANDIDATES;
    for (const [owner, { meter }] of table.held) {
      if (left-- === 0) break;
      const afterMs = meter.fullAfter(now);
      if (soonest === null || afterMs < soonest.afterMs) soonest = { owner, afterMs };
      if (afterMs === 0) break;
    }
    if (soonest === null) return;
    this.#remove(table.held, soonest.owner);
    if (soonest.afterMs > 0) this.#options.onForgotten(table.plan);
  }

  #largest(): Table {
    let largest: Table | null = null;
    for (const table of this.#tables.values()) {
      if (largest === null || table.held.size > largest.held.size) largest = table;
    }
    return largest as Table;
  }

  #remove(held: Map<string, HeldBucket>, owner: string): void {
    const bucket = held.get(owner);
    if (bucket === undefined) return;
    held.delete(owner);
    bucket.isKept = false;
    this.#bytes -= bucket.bytes;
    bucket.bytes = 0;
  }
}
