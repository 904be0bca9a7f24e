import type { Asker, FetchCache, KeptValue, Patience, Place } from '../../cache/entities/fetch-caching.ts';
import type { Json } from '../../shared/json.ts';
import type { FetchContext } from '../fetch/subgraph-fetch.ts';
import type { FetchGuards } from '../guard/compile-guards.ts';
import type { Run } from '../run/run.ts';

/** All of a run that an answer of the subgraph may depend on. */
export function askerOf({ variables, context }: Run, subgraph: string): Asker {
  const { forwarded, keeping } = context;
  return {
    variables,
    // The key says which variant of the subgraph it is, too.
    told: [forwarded.keyFor(subgraph), ...forwarded.headersFor(subgraph)],
    subject: keeping?.subject ?? null,
    factor: keeping?.factor ?? 1,
    newerThan: keeping?.newerThan ?? null,
  };
}

/** Null: what is asked for while not all breakers are closed may lack fields, so nobody is to wait for it. */
export function patienceOf({ context }: Run, guards: FetchGuards<unknown> | null): Patience | null {
  return guards === null || guards.guard.isClosed() ? context : null;
}

/** What a run has to know of a kept value that is put into its answer. */
export function useKept(run: Run, kept: KeptValue): void {
  run.hasEscapes ||= kept.hasEscapes;
  run.context.kept?.used(kept);
}

/** What a run has to know of a value that its subgraph has given now. */
export function useFresh(
  { context: { kept } }: Run,
  cache: FetchCache,
  { place, value }: { readonly place: Place | null; readonly value: Json },
): void {
  if (kept === undefined) return;
  const bound = cache.boundOf(place, value);
  if (bound !== null) kept.used(bound);
}

/**
 * Passes on the headers of replies that kept values are of, as if they came now: the oldest first, then in the order of
 * the values. What the same reply gave says it once.
 */
export function recallHeaders(run: Run, subgraph: string, kept: readonly (KeptValue | null)[]): void {
  const { replies } = run.context;
  if (replies?.recalled === undefined) return;
  const told = new Set<KeptValue['headers']>();
  const values = kept.filter(value => value !== null);
  for (const { headers, ageMs } of values.sort((one, other) => other.ageMs - one.ageMs)) {
    if (told.has(headers)) continue;
    told.add(headers);
    replies.recalled(subgraph, headers, ageMs);
  }
}

/** What work behind an answer may take longer than the answer itself. */
const BEHIND_MS = 30_000;

/** The run as one that nobody waits for: it is told nothing, and does not end with its client. */
export function behind(run: Run): Run {
  const { records: _r, replies: _l, cancel: _c, kept: _k, isOurs: _o, ...context } = run.context;
  const own: FetchContext = { ...context, deadlineAt: context.deadlineAt + BEHIND_MS };
  return { ...run, tagged: [], context: own };
}

/** Tells whoever asked for an explanation of a fetch that was not sent. */
export function recordCached({ context }: Run, subgraph: string, hits: number): void {
  const cache = { hits, misses: 0 };
  context.records?.push({ subgraph, outcome: 'cached', ms: 0, sent: 0, received: 0, cache });
}
