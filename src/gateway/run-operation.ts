import { collectiveTag } from '../cache/policy/tag-names.ts';
import { maxAgeOfReplies } from '../config/cache.ts';
import type { Forwarded } from '../execution/fetch/forward.ts';
import type { FetchRecord, Keeping, KeptListener, ReplyListener } from '../execution/fetch/subgraph-fetch.ts';
import type { CallerFacts } from '../execution/headers/caller-facts.ts';
import type { CollectedHeaders, HeaderCollector } from '../execution/headers/collect-headers.ts';
import type { ActualCalls } from '../http/admission.ts';
import type { CacheLookup, KeptAnswer } from '../http/kept-answer.ts';
import type { RenderedAnswer } from '../http/render-answer.ts';
import type { RequestContext } from '../http/request-context.ts';
import { type OperationCall, shareOperations } from '../operation/share-operations.ts';
import type { Clock } from '../shared/clock.ts';
import type { JsonObject } from '../shared/json.ts';
import type { LiveGeneration } from './live-generation.ts';
import type { GatewayOptions } from './options.ts';

/** One operation to be executed, and for whom. */
export interface GatewayCall extends OperationCall {
  readonly request: RequestContext;
  /** Null: its answer is not kept. */
  readonly lookup: CacheLookup | null;
  /** Null: no values are kept at all. */
  readonly keeping: Keeping | null;
  readonly live: LiveGeneration;
  readonly facts: CallerFacts;
  readonly forwarded: Forwarded;
  readonly records?: FetchRecord[];
}

/** What may be shared, as it holds nothing of one caller. */
export interface Answered {
  readonly rendered: RenderedAnswer;
  /** Headers of the replies; null where no rule passes any on. */
  readonly collected: CollectedHeaders | null;
  /** The answer as caches have it from now on; null: they have not. */
  readonly kept: KeptAnswer | null;
  /** Age of the oldest kept part of it that is older than it is to be, ms; null: there is none. */
  readonly staleMs: number | null;
  /** Nothing was run for it: somebody else in the fleet had made it when it was looked for again. */
  readonly isFound: boolean;
}

/** Subgraphs that leave something out for an error may have called what is below it. */
export function callsOf({ calls, errors, fallbacks }: RenderedAnswer): ActualCalls {
  return { counts: calls, areAll: errors.length === 0 && fallbacks.length === 0 };
}

export interface Runs {
  /** For this call alone. */
  readonly run: (call: GatewayCall) => Promise<Answered>;
  /** Together with equal ones that are in flight, where that is on. */
  readonly execute: (call: GatewayCall) => Promise<Answered>;
}

export function createRuns({ config, clock, metrics }: GatewayOptions): Runs {
  const { cache } = config;
  const longestMsOf = (subgraph: string) => (cache === undefined ? null : maxAgeOfReplies(cache, subgraph));
  const parts: RunParts = { clock, longestMsOf };
  const run = (call: GatewayCall): Promise<Answered> =>
    call.lookup === null ? runOnce(call, parts) : runInTurn(call, call.lookup, parts);
  const { operations } = config.execution.sharing;
  return {
    run,
    execute: operations ? shareOperations(run, { clock, onShared: metrics.operationShared }) : run,
  };
}

interface RunParts {
  readonly clock: Clock;
  /** {@link ReplySource.longestMs} */
  readonly longestMsOf: (subgraph: string) => number | null;
}

async function runInTurn(call: GatewayCall, lookup: CacheLookup, parts: RunParts): Promise<Answered> {
  const turning = lookup.turn();
  // Kept parts of it are looked for beside whose turn it is; where both ask Redis, it is one round trip.
  const running = runOnce({ ...call, isOurs: turning.then(({ kept }) => kept === null) }, parts);
  const ended = running.then(
    () => {},
    () => {},
  );
  const turn = await turning;
  if (turn.kept !== null) return answeredWith(turn.kept, call.live);
  void ended.then(() => turn.end());
  return running;
}

interface Turned extends GatewayCall {
  readonly isOurs?: Promise<boolean>;
}

async function runOnce(call: Turned, { clock, longestMsOf }: RunParts): Promise<Answered> {
  const { isOurs } = call;
  const { operation, request, live, deadlineAt, forwarded, records, cancel, lookup, keeping } = call;
  const startedAt = clock.elapsed();
  const collector = live.responding?.collect() ?? null;
  const replies = listenerOf({ collector, lookup, longestMsOf });
  const parts = new NotedParts(lookup);
  const rendered = await live.executor.execute(operation, {
    deadlineAt,
    requestId: request.id,
    traceparent: request.trace.traceparent,
    forwarded,
    cancel,
    ...(records === undefined ? {} : { records }),
    ...(replies === null ? {} : { replies }),
    ...(keeping === null ? {} : { keeping, kept: parts }),
    ...(isOurs === undefined ? {} : { isOurs }),
  });
  const collected = collector?.collected() ?? null;
  const tookMs = clock.elapsed() - startedAt;
  const kept = lookup === null ? null : keep({ rendered, collected, tookMs }, lookup);
  return { rendered, collected, kept, staleMs: parts.staleMs, isFound: false };
}

function answeredWith(kept: KeptAnswer, live: LiveGeneration): Answered {
  const { answer, cost } = kept;
  const rendered = { answer, errors: [], fallbacks: [], cost, calls: [] };
  return { rendered, collected: headersOf(kept, live), kept, staleMs: null, isFound: true };
}

/** Of the subgraphs that gave it. */
export function headersOf({ headers }: KeptAnswer, { responding }: LiveGeneration): CollectedHeaders | null {
  return headers === null || responding === null ? null : responding.restore(headers);
}

const NOT_TO_BE_KEPT = Object.freeze({ 'cache-control': 'no-store' });

interface Listening extends Pick<RunParts, 'longestMsOf'> {
  readonly collector: HeaderCollector | null;
  readonly lookup: CacheLookup | null;
}

function listenerOf({ collector, lookup, longestMsOf }: Listening): ReplyListener | null {
  if (lookup === null) return collector;
  return {
    replied(subgraph, headers, status) {
      // Of what comes with another status nobody says that it may be kept.
      lookup.replied(status === 200 ? headers : NOT_TO_BE_KEPT, {
        subgraph,
        status,
        longestMs: longestMsOf(subgraph),
      });
      collector?.replied(subgraph, headers);
    },
    // How long the answer may be kept is said of each kept value by itself.
    ...(collector === null
      ? {}
      : { recalled: (...reply: Parameters<HeaderCollector['recalled']>) => collector.recalled(...reply) }),
  };
}

/** Further ones of kept values are told by what they are of. */
const MOST_EXACT_TAGS = 500;

/** Kept values that go into an answer: whoever keeps it is told of them, and the client of stale ones. */
class NotedParts implements KeptListener {
  /** See {@link Answered.staleMs}. */
  staleMs: number | null = null;
  readonly #lookup: CacheLookup | null;
  readonly #tags = new Set<string>();

  constructor(lookup: CacheLookup | null) {
    this.#lookup = lookup;
  }

  used(value: Parameters<KeptListener['used']>[0]): void {
    this.#lookup?.used(this.#bounded(value));
    if (value.isStale) this.staleMs = Math.max(this.staleMs ?? 0, value.ageMs);
  }

  tagged(extensions: JsonObject): void {
    this.#lookup?.tagged(extensions);
  }

  /** An answer of hundreds of kept entities is kept, too, and forgotten with any entity. */
  #bounded<T extends { readonly tags: readonly string[] }>(value: T): T {
    const { tags } = value;
    if (this.#tags.size > MOST_EXACT_TAGS) return { ...value, tags: [...new Set(tags.map(collectiveTag))] };
    for (const tag of tags) this.#tags.add(tag);
    return value;
  }
}

interface Finished {
  readonly rendered: RenderedAnswer;
  readonly collected: CollectedHeaders | null;
  readonly tookMs: number;
}

/** Nothing with an error in it, or with a value that its subgraph did not give, is kept. */
function keep({ rendered, collected, tookMs }: Finished, lookup: CacheLookup): KeptAnswer | null {
  const { answer, errors, fallbacks, cost } = rendered;
  if (answer === null || errors.length > 0 || fallbacks.length > 0) return null;
  const headers = collected?.keepable() ?? null;
  return collected !== null && headers === null ? null : lookup.keep({ answer, cost, headers, tookMs });
}
