import type { BucketPlan } from './bucket.ts';
import type { TakenState } from './bucket-store.ts';

/**
 * What clients are told of their buckets: RateLimit-Policy and RateLimit of draft-ietf-httpapi-ratelimit-headers-10,
 * as Structured Fields (RFC 9651), of the one that leaves them least; and when to come back, if they must.
 *
 * @param states of limits that are enforced.
 * @param isRefused whether the whole operation was; fields that are left out are no reason to wait.
 */
export function rateLimitHeaders(states: readonly TakenState[], isRefused: boolean): Map<string, string> {
  const headers = new Map<string, string>();
  let tightest: TakenState | null = null;
  for (const state of states) if (tightest === null || isTighter(state, tightest)) tightest = state;
  if (tightest === null) return headers;
  const { plan } = tightest.bucket;
  const { name, policy } = written(plan);
  headers.set('ratelimit-policy', policy);
  const waitMs = tightest.isAllowed ? tightest.resetAfterMs : tightest.retryAfterMs;
  const remaining = Math.max(0, Math.floor(tightest.remaining));
  headers.set('ratelimit', `${name};r=${remaining}${waitMs === null ? '' : `;t=${seconds(waitMs)}`}`);
  const retryAfterMs = isRefused ? longestWait(states) : null;
  if (retryAfterMs !== null) headers.set('retry-after', String(Math.max(1, seconds(retryAfterMs))));
  return headers;
}

interface Written {
  readonly name: string;
  readonly policy: string;
}

/** By the plan: what does not change from one request to the next. */
const writtenPlans = new WeakMap<BucketPlan, Written>();

function written(plan: BucketPlan): Written {
  const known = writtenPlans.get(plan);
  if (known !== undefined) return known;
  const name = quoted(plan.id);
  const made = { name, policy: `${name};q=${plan.limit};w=${seconds(plan.windowMs)}` };
  writtenPlans.set(plan, made);
  return made;
}

/** How long until all that refuse would allow; null when one of them never will, or none refuses. */
export function longestWait(states: readonly TakenState[]): number | null {
  let longest: number | null = null;
  for (const { isAllowed, retryAfterMs } of states) {
    if (isAllowed) continue;
    if (retryAfterMs === null) return null;
    longest = Math.max(longest ?? 0, retryAfterMs);
  }
  return longest;
}

/** One that refuses is tighter than one that does not; then the longer wait, then the smaller part that is left. */
function isTighter(a: TakenState, b: TakenState): boolean {
  if (a.isAllowed !== b.isAllowed) return !a.isAllowed;
  if (!a.isAllowed) return (a.retryAfterMs ?? Infinity) > (b.retryAfterMs ?? Infinity);
  return a.remaining / a.bucket.plan.capacity < b.remaining / b.bucket.plan.capacity;
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}

/** An sf-string (RFC 9651, 3.3.3) holds printable ASCII, with `"` and `\` escaped. */
function quoted(text: string): string {
  return `"${text.replace(/[^ -~]/gu, '?').replace(/["\\]/g, '\\$&')}"`;
}
