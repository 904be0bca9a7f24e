import type { GatewayExecutor, GatewayGraphQLRequestContext } from '@apollo/server-gateway-interface';
import { OperationTypeNode } from 'graphql';
import { GatewayError } from '../errors.ts';
import type { Admission } from '../http/admission.ts';
import type { AnswerHeaders } from '../http/answer-headers.ts';
import type { BoundOperation } from '../http/bound-operation.ts';
import { isServedFromCache } from '../http/enter-operation.ts';
import type { CacheLookup, KeptAnswer } from '../http/kept-answer.ts';
import type { Executed, RequestContext } from '../http/request-context.ts';
import { StaleAnswers, staleness } from '../http/stale-answers.ts';
import type { GenerationFeed } from '../supergraph/generation-feed.ts';
import { type FactsOf, ownerOf } from './caller-facts.ts';
import type { DeadlineOf } from './deadlines.ts';
import { explain } from './explain.ts';
import { type Explanation, wantsExplanation } from './explanation.ts';
import type { LiveGeneration } from './live-generation.ts';
import type { GatewayOptions } from './options.ts';
import { callsOf, createRuns, type GatewayCall, headersOf, type Runs } from './run-operation.ts';

interface ExecuteOptions extends GatewayOptions {
  readonly factsOf: FactsOf;
  readonly deadlineOf: DeadlineOf;
}

interface ExecuteParts extends ExecuteOptions, Runs {
  readonly staleAnswers: StaleAnswers;
  readonly feed: GenerationFeed<LiveGeneration>;
}

/** Executes the operation of a request that may run, or gives the answer that was found. @throws GraphQLError */
export type ExecuteRequest = (request: RequestContext) => Promise<Executed>;

/** As Apollo Server calls it, when it has parsed and validated an operation and our plugin has bound it. */
export function asExecutor(execute: ExecuteRequest): GatewayExecutor {
  return ({ context }: GatewayGraphQLRequestContext) => {
    const request = context as RequestContext;
    return request.progress.executing ?? execute(request);
  };
}

/** Beside what is kept: of the answers that are stale at the time. */
const MOST_STALE_BYTES = 4 * 1024 * 1024;
const STALE_SHARE = 1 / 32;

export function createExecute(feed: GenerationFeed<LiveGeneration>, options: ExecuteOptions): ExecuteRequest {
  const { clock, config } = options;
  const maxBytes = Math.min(MOST_STALE_BYTES, (config.cache?.memory ?? 0) * STALE_SHARE);
  const staleAnswers = new StaleAnswers({ clock, maxBytes });
  const parts: ExecuteParts = { ...options, ...createRuns(options), staleAnswers, feed };
  return async request => {
    const { lookup } = request.progress;
    try {
      if (lookup !== null && lookup.found !== null)
        return serveKept(lookup, lookup.found, { request, parts });
      return await answer(callOf(request, parts), parts);
    } catch (error) {
      const known =
        error instanceof GatewayError ? error : new GatewayError('INTERNAL_SERVER_ERROR', { cause: error });
      if (lookup !== null && lookup.lastResort !== null && isFailure(known.code))
        return serveLastResort(lookup.lastResort, request, parts);
      request.progress.cost = costOfFailure(request, feed);
      throw known.toGraphQLError();
    }
  };
}

async function answer(call: GatewayCall, parts: ExecuteParts) {
  const { request } = call;
  const { progress } = request;
  const { execute, metrics } = parts;
  const explained = wantsExplanation(request) ? await explain(call, parts) : null;
  const { rendered, collected, kept, isFound, staleMs } = explained ?? (await execute(call));
  const { answer, errors, cost, fallbacks } = rendered;
  const { operation, live } = call;
  // Caches on the way do not know who gets which variant.
  if (call.forwarded.variantFor !== undefined) progress.readsHeaders = true;
  // Whoever has been told that something was written reads it from then on.
  if (answer !== null && operation.definition.operation === OperationTypeNode.MUTATION)
    await live.policies?.invalidateAfter?.(operation, answer.data);
  if (errors.some(({ extensions }) => extensions['code'] === 'REQUEST_CANCELLED'))
    throw new GatewayError('REQUEST_CANCELLED');
  const lastResort = progress.lookup?.lastResort ?? null;
  const isFailed = errors.some(({ extensions }) => isFailure(extensions['code'])) || fallbacks.some(isStale);
  if (lastResort !== null && isFailed) return serveLastResort(lastResort, request, parts);
  progress.answerHeaders = collected?.for(call.facts) ?? null;
  progress.answer = answer;
  progress.kept = kept;
  progress.cost = cost;
  progress.calls = callsOf(rendered);
  // Waiting for who makes an answer costs what finding it would have a moment later.
  if (isFound) progress.cacheState = 'HIT';
  else if (progress.admission?.estimated != null)
    metrics.operationCost('actual', request.persona.name ?? '', cost);
  progress.hasFallbacks = fallbacks.length > 0;
  progress.hasStaleParts = staleMs !== null || fallbacks.some(isStale);
  const extensions = extensionsOf(request, { explain: explained?.explanation ?? null, fallbacks, staleMs });
  return {
    data: answer,
    ...(errors.length > 0 ? { errors } : {}),
    ...(extensions === null ? {} : { extensions }),
  };
}

interface Serving {
  readonly request: RequestContext;
  readonly parts: ExecuteParts;
}

/** What another operation has been answered with, and made anew behind this answer where it is time. */
function serveKept(lookup: CacheLookup, kept: KeptAnswer, { request, parts }: Serving): Executed {
  serve(kept, lookup.isStale ? 'STALE' : 'HIT', { request, parts });
  if (lookup.isDue) {
    const call = callOf(request, parts);
    const timeMs = call.deadlineAt - request.receivedAt;
    const keeping = call.keeping === null ? null : { ...call.keeping, newerThan: kept.freshUntil };
    lookup.refresh(next => {
      const deadlineAt = parts.clock.elapsed() + timeMs;
      return parts.run({ ...call, keeping, lookup: next, deadlineAt, cancel: undefined });
    });
  }
  if (lookup.isStale) return toldStale(kept, { request, parts });
  const extensions = extensionsOf(request, NOTHING_MORE);
  return { data: kept.answer, ...(extensions === null ? {} : { extensions }) };
}

/** In the place of an answer with failures in it. */
function serveLastResort(kept: KeptAnswer, request: RequestContext, parts: ExecuteParts): Executed {
  serve(kept, 'STALE', { request, parts });
  request.progress.hasFallbacks = true;
  return toldStale(kept, { request, parts });
}

/** Only what is told each caller for himself is written for each. */
function toldStale(kept: KeptAnswer, { request, parts }: Serving): Executed {
  const own = extensionsOf(request, NOTHING_MORE);
  if (own !== null) {
    const cache = staleness(parts.clock.now() - kept.storedAt);
    return { data: kept.answer, extensions: { ...own, cache } };
  }
  const answer = parts.staleAnswers.of(kept);
  request.progress.answer = answer;
  return { data: answer };
}

function serve(kept: KeptAnswer, state: 'HIT' | 'STALE', { request, parts }: Serving): void {
  const { progress } = request;
  progress.cacheState = state;
  progress.kept = kept;
  progress.answer = kept.answer;
  progress.cost = kept.cost;
  noteVariants(request, parts);
  progress.answerHeaders = kept.headers === null ? null : keptHeadersFor(kept, { request, parts });
}

/** Caches on the way do not know who gets which variant. */
function noteVariants(request: RequestContext, { feed, factsOf }: ExecuteParts): void {
  const { caller, persona, headers, progress, clientAddress } = request;
  const live = progress.operation === null ? null : feed.of(progress.operation.schema);
  if (live === null || !live.hasVariants) return;
  const { variantFor } = live.forward({ facts: factsOf(caller, persona.name), headers, clientAddress });
  if (variantFor !== undefined) progress.readsHeaders = true;
}

/** What is inserted is the caller's own. */
function keptHeadersFor(kept: KeptAnswer, { request, parts }: Serving): AnswerHeaders | null {
  const { caller, persona, progress } = request;
  if (progress.operation === null) return null;
  const headers = headersOf(kept, parts.feed.of(progress.operation.schema));
  return headers?.for(parts.factsOf(caller, persona.name)) ?? null;
}

/** Parts that are old say less than an answer that is old as a whole. */
function isStale(fallback: unknown): boolean {
  return (
    typeof fallback === 'object' && fallback !== null && 'source' in fallback && fallback.source === 'stale'
  );
}

/** Codes that say that a fresh answer could not be had. Others are answers. */
function isFailure(code: unknown): boolean {
  return (
    code === 'CIRCUIT_OPEN' ||
    code === 'OVERLOADED' ||
    code === 'DEADLINE_EXCEEDED' ||
    (typeof code === 'string' && code.startsWith('SUBGRAPH_'))
  );
}

/** What was planned was run: that there is no answer (too late, too large) does not make it free. */
function costOfFailure({ progress }: RequestContext, feed: GenerationFeed<LiveGeneration>): number {
  const { operation, admission } = progress;
  const wasRun = operation !== null && feed.of(operation.schema).executor.isPrepared(operation);
  return wasRun ? (admission?.estimated ?? 0) : 0;
}

interface Beside {
  readonly explain: Explanation | null;
  readonly fallbacks: readonly unknown[];
  /** Age of what is older in the answer than it is to be, ms; null: nothing is. */
  readonly staleMs: number | null;
}

const NOTHING_MORE: Beside = Object.freeze({ explain: null, fallbacks: [], staleMs: null });

/** What clients may know beside the answer; null: nothing. */
function extensionsOf(
  { persona, progress }: RequestContext,
  { explain, fallbacks, staleMs }: Beside,
): Record<string, unknown> | null {
  const { admission } = progress;
  const isShown = persona.cost.show && admission !== null && admission.estimated !== null;
  if (explain === null && !isShown && fallbacks.length === 0 && staleMs === null) return null;
  return {
    ...(isShown ? { cost: costOf(admission, progress) } : {}),
    ...(fallbacks.length === 0 ? {} : { fallbacks }),
    ...(staleMs === null ? {} : { cache: staleness(staleMs) }),
    ...(explain === null ? {} : { explain }),
  };
}

function costOf(admission: Admission, progress: RequestContext['progress']): Record<string, unknown> {
  const { estimated, max } = admission;
  const budget = isServedFromCache(progress) ? admission.budgetCached() : admission.budget(progress);
  return { estimated, actual: progress.cost, max, budget };
}

function callOf(request: RequestContext, { feed, factsOf, deadlineOf }: ExecuteParts): GatewayCall {
  const { caller, persona, headers, progress, clientAddress } = request;
  const { operation } = progress;
  if (operation === null) throw new TypeError('the operation was not bound');
  const live = feed.of(operation.schema);
  const facts = factsOf(caller, persona.name);
  const forwarded = live.forward({ facts, headers, clientAddress });
  const { maxAge, disabled } = persona.cache;
  const { policies, mark } = live;
  const whom = policies === null ? NOBODY : { subject: ownerOf(caller), factor: disabled ? 0 : maxAge };
  const keeping = mark === null ? null : { ...whom, since: mark() };
  return {
    operation,
    generationId: live.generation.id,
    // What is kept for one caller alone goes into no answer of another, and what is forgotten into no later one.
    entitlement: keeping === null ? forwarded.key : JSON.stringify([forwarded.key, keeping]),
    isPrivate: mayHaveCookies(operation, live),
    deadlineAt: deadlineOf(request, operation),
    cancel: operation.definition.operation === OperationTypeNode.QUERY ? request.left : undefined,
    request,
    lookup: progress.lookup,
    keeping,
    live,
    facts,
    forwarded,
  };
}

/** Nothing but last good values is kept, which are for whomever the subgraph takes a caller for. */
const NOBODY = Object.freeze({ subject: null, factor: 0 });

/** Until an operation is planned nobody can tell which subgraphs it asks. */
function mayHaveCookies(operation: BoundOperation, { responding, executor }: LiveGeneration): boolean {
  const { cookieSubgraphs } = responding ?? { cookieSubgraphs: NO_SUBGRAPHS };
  if (cookieSubgraphs.size === 0) return false;
  const asked = executor.subgraphsOf(operation);
  return asked === null || [...asked].some(subgraph => cookieSubgraphs.has(subgraph));
}

const NO_SUBGRAPHS: ReadonlySet<string> = new Set();
