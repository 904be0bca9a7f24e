import type { Caller } from '../../http/caller.ts';
import type { BoundBucket } from './bound-bucket.ts';
import type { TouchedLimit } from './compile.ts';
import type { LimitPlan } from './limit-plan.ts';
import { type OwnerFacts, ownerOf } from './owner.ts';

/** Buckets of one caller at one address, by limit: as they were last asked of. */
interface Known {
  readonly ip: string;
  readonly persona: string | null;
  readonly buckets: Map<LimitPlan, BoundBucket>;
}

/**
 * Buckets of limits that refuse operations as a whole, of one generation. A caller comes again and again, mostly wanting
 * the same: to write down who owns a bucket is dearer than to take from it.
 */
export class CallersBuckets {
  /** A caller is one object while its credential is remembered, and all strangers are one. */
  readonly #known = new WeakMap<Caller, Known>();

  of(touched: TouchedLimit, request: OwnerFacts, units: number): BoundBucket {
    const { limit, counted } = touched;
    if (!limit.isByCaller) return boundTo(touched, ownerOf(limit.by, request, null), units);
    const { buckets } = this.#knownOf(request);
    const last = buckets.get(limit);
    if (last?.units === units && last.counted === counted) return last;
    const bound = boundTo(touched, last?.owner ?? ownerOf(limit.by, request, null), units);
    buckets.set(limit, bound);
    return bound;
  }

  #knownOf({ caller, ip, persona }: OwnerFacts): Known {
    const known = this.#known.get(caller);
    if (known !== undefined && known.ip === ip && known.persona === persona) return known;
    const fresh: Known = { ip, persona, buckets: new Map() };
    this.#known.set(caller, fresh);
    return fresh;
  }
}

/** Shared by requests, so that nobody may change it. */
function boundTo({ limit, counted }: TouchedLimit, owner: string, units: number): BoundBucket {
  return Object.freeze({ plan: limit.plan, owner, units, part: null, limit, counted, pruned: null });
}
