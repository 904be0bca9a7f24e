import type { Clock } from '../../../shared/clock.ts';
import { RedisError } from '../../../storage/redis-error.ts';
import type { Bucket } from '../bucket.ts';
import type { BucketStore, TakeResult } from '../bucket-store.ts';
import { ForeignBucketError } from '../foreign-bucket-error.ts';
import type { MemoryBucketStore } from '../stores/memory-store.ts';
import { LocalDecisions, type OutagePolicies } from './local-decisions.ts';
import { RecentRefusals } from './refusals.ts';

export interface OutageOptions extends OutagePolicies {
  readonly clock: Clock;
  /** The shared store is gone, or back; once a change. */
  readonly onChange: (isOut: boolean, reason: string | null) => void;
}

/** While the shared store is gone it is asked so often whether it is back; nobody else waits for it. */
const PROBE_EVERY_MS = 250;

/**
 * A shared store that may be gone. What cannot be counted together is admitted as each limit's policy says: this
 * gateway's share of it, all, or nothing. No take fails for the store, and not more than one at a time waits for it.
 */
export function withOutagePolicy(
  shared: BucketStore,
  local: MemoryBucketStore,
  options: OutageOptions,
): BucketStore {
  const refusals = new RecentRefusals(options.clock);
  const here = new LocalDecisions(local, options);
  const outage = new Outage(options);
  const takeHere = async <B extends Bucket>(buckets: readonly B[]): Promise<TakeResult<B>> =>
    here.take(buckets);

  return {
    take<B extends Bucket>(buckets: readonly B[]): Promise<TakeResult<B>> {
      if (!outage.mayAsk()) return takeHere(buckets);
      const refused = refusals.answer(buckets);
      if (refused !== null) return Promise.resolve(refused);
      outage.asking();
      return shared.take(buckets).then(
        result => {
          const at = result.states[0]?.at;
          if (outage.ended() && at !== undefined) void here.chargeTo(shared, at);
          refusals.remember(result);
          return result;
        },
        error => {
          outage.failed(error);
          return takeHere(buckets);
        },
      );
    },
    async settle(settlements) {
      for (const { bucket } of settlements) refusals.forget(bucket);
      const taken = settlements.filter(({ bucket }) => !here.has(bucket));
      const there = [...taken, ...here.moved(settlements)];
      const states = await here.settle(settlements);
      if (there.length === 0) return states;
      try {
        return [...states, ...(await shared.settle(there))];
      } catch (error) {
        // It may have been done all the same; told again it would be done twice.
        outage.failed(error);
        return states;
      }
    },
    read: buckets => shared.read(buckets),
    async reset(buckets) {
      for (const bucket of buckets) refusals.forget(bucket);
      await shared.reset(buckets);
    },
    async close() {
      await local.close();
      await shared.close();
    },
  };
}

/** Whether the shared store is gone, as far as is known, and who may find out. */
class Outage {
  readonly #options: OutageOptions;
  #isOut = false;
  #askAgainAt = 0;

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  mayAsk(): boolean {
    return !this.#isOut || this.#options.clock.elapsed() >= this.#askAgainAt;
  }

  /** Until this one knows, others go on without. */
  asking(): void {
    if (this.#isOut) this.#askAgainAt = Number.POSITIVE_INFINITY;
  }

  /** @throws what is no failure of Redis. */
  failed(error: unknown): void {
    this.#askAgainAt = this.#options.clock.elapsed() + PROBE_EVERY_MS;
    if (!(error instanceof RedisError)) throw error;
    // One bucket that cannot be read is no reason to count the others apart.
    if (this.#isOut || error instanceof ForeignBucketError) return;
    this.#isOut = true;
    this.#options.onChange(true, error.reason);
  }

  /** Whether there was one until now. */
  ended(): boolean {
    if (!this.#isOut) return false;
    this.#isOut = false;
    this.#options.onChange(false, null);
    return true;
  }
}
