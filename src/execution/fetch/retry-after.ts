import type { ReplyHeaders } from './subgraph-fetch.ts';

/** What `Retry-After` says (RFC 9110, 10.2.3), ms from now; null where it says nothing that can be read. */
export function retryAfterMs(headers: ReplyHeaders, now: number): number | null {
  const value = headers['retry-after'];
  if (typeof value !== 'string') return null;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  // Of the three forms of a date the one that is sent; anything else a date parser would guess at.
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(value)) return null;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
