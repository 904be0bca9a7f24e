import type { GatewayExecutor, GatewayGraphQLRequestContext } from '@apollo/server-gateway-interface';
import { OperationTypeNode } from 'graphql';
import { GatewayError } from '../errors.ts';
import type { Forwarded } from '../execution/fetch/forward.ts';
import type { FetchRecord } from '../execution/fetch/subgraph-fetch.ts';
import type { CallerFacts } from '../execution/headers/caller-facts.ts';
import type { CollectedHeaders } from '../execution/headers/collect-headers.ts';
import type { BoundOperation } from '../http/bound-operation.ts';
import type { Caller } from '../http/caller.ts';
import type { RenderedAnswer } from '../http/render-answer.ts';
import type { RequestContext } from '../http/request-context.ts';
import { type OperationCall, shareOperations } from '../operation/share-operations.ts';
import { Lru } from '../shared/lru.ts';
import type { GenerationFeed } from '../supergraph/generation-feed.ts';
import type { DeadlineOf } from './deadlines.ts';
import { type Explanation, explanationOf } from './explanation.ts';
import type { LiveGeneration } from './live-generation.ts';
import type { GatewayOptions } from './options.ts';

interface GatewayCall extends OperationCall {
  readonly request: RequestContext;
  readonly live: LiveGeneration;
  readonly facts: CallerFacts;
  readonly forwarded: Forwarded;
  readonly records?: FetchRecord[];
}

/** What Apollo Server calls to execute an operation that it has parsed and validated and our plugin has bound. */
export function createExecute(
  feed: GenerationFeed<LiveGeneration>,
  { config, clock, metrics, deadlineOf }: GatewayOptions & { readonly deadlineOf: DeadlineOf },
): GatewayExecutor {
  const run: Run = async ({ operation, request, live, deadlineAt, forwarded, records, cancel }) => {
    const replies = live.responding?.collect() ?? null;
    const rendered = await live.executor.execute(operation, {
      deadlineAt,
      requestId: request.id,
      traceparent: request.trace.traceparent,
      forwarded,
      cancel,
      ...(records === undefined ? {} : { records }),
      ...(replies === null ? {} : { replies }),
    });
    return { rendered, collected: replies?.collected() ?? null };
  };
  const execute = config.execution.sharing.operations
    ? shareOperations(run, { clock, onShared: metrics.operationShared })
    : run;

  const factsOf = rememberFacts();
  return async (apollo: GatewayGraphQLRequestContext) => {
    const request = apollo.context as RequestContext;
    try {
      const call = callOf(request, feed, { factsOf, deadlineOf });
      const explained = wantsExplanation(request)
        ? await explain({ ...call, records: [] }, { run, execute })
        : null;
      const { rendered, collected } = explained ?? (await execute(call));
      const { answer, errors, cost, fallbacks } = rendered;
      request.progress.answerHeaders = collected?.for(call.facts) ?? null;
      request.progress.answer = answer;
      request.progress.cost = cost;
      if (request.progress.admission?.estimated != null)
        metrics.operationCost('actual', request.persona.name ?? '', cost);
      request.progress.hasFallbacks = fallbacks.length > 0;
      const extensions = extensionsOf(request, { explain: explained?.explanation ?? null, fallbacks });
      return {
        data: answer,
        ...(errors.length > 0 ? { errors } : {}),
        ...(extensions === null ? {} : { extensions }),
      };
    } catch (error) {
      request.progress.cost = costOfFailure(request, feed);
      const known =
        error instanceof GatewayError ? error : new GatewayError('INTERNAL_SERVER_ERROR', { cause: error });
      throw known.toGraphQLError();
    }
  };
}

/** What was planned was run: that there is no answer (too late, too large) does not make it free. */
function costOfFailure({ progress }: RequestContext, feed: GenerationFeed<LiveGeneration>): number {
  const { operation, admission } = progress;
  const wasRun = operation !== null && feed.of(operation.schema).executor.isPrepared(operation);
  return wasRun ? (admission?.estimated ?? 0) : 0;
}

/** What clients may know beside the answer; null: nothing. */
function extensionsOf(
  { persona, progress }: RequestContext,
  { explain, fallbacks }: { readonly explain: Explanation | null; readonly fallbacks: readonly unknown[] },
): Record<string, unknown> | null {
  const { admission, cost: actual } = progress;
  const isShown = persona.cost.show && admission !== null && admission.estimated !== null;
  if (explain === null && !isShown && fallbacks.length === 0) return null;
  const cost = isShown
    ? { estimated: admission.estimated, actual, max: admission.max, budget: admission.budget(actual) }
    : null;
  return {
    ...(cost === null ? {} : { cost }),
    ...(fallbacks.length === 0 ? {} : { fallbacks }),
    ...(explain === null ? {} : { explain }),
  };
}

function wantsExplanation({ headers, persona }: RequestContext): boolean {
  return persona.explain && headers['x-weir-explain'] === '1';
}

/** What may be shared, as it holds nothing of one caller. */
interface Answered {
  readonly rendered: RenderedAnswer;
  /** Headers of the replies; null where no rule passes any on. */
  readonly collected: CollectedHeaders | null;
}

interface Explained extends Answered {
  readonly explanation: Explanation;
}

type Run = (call: GatewayCall) => Promise<Answered>;

/** Runs a query for its request alone, as of work that is shared only one would be told. */
async function explain(
  call: GatewayCall & { readonly records: FetchRecord[] },
  { run, execute }: { readonly run: Run; readonly execute: Run },
): Promise<Explained> {
  const { operation, request, live, records } = call;
  const { plan } = await live.executor.prepare(operation);
  const isQuery = operation.definition.operation === OperationTypeNode.QUERY;
  const answered = await (isQuery ? run(call) : execute(call));
  return { ...answered, explanation: explanationOf({ operation, request, plan, records }) };
}

const MAX_REMEMBERED = 1_000;

type FactsOf = (caller: Caller, persona: string | null) => CallerFacts;

/** Requests with one token share their caller, and so what subgraphs are told of it. */
function rememberFacts(): FactsOf {
  // By persona, as whoever sends no credential is one and the same caller in all of them.
  const personas = new Map<string | null, Lru<Caller, CallerFacts>>();
  return (caller, persona) => {
    const known = personas.get(persona) ?? new Lru<Caller, CallerFacts>(MAX_REMEMBERED);
    const found = known.get(caller);
    if (found !== undefined) return found;
    const { subject, roles, tenant, claims } = caller;
    const facts = Object.freeze({ subject, roles, tenant, persona, claims });
    personas.set(persona, known);
    known.set(caller, facts);
    return facts;
  };
}

function callOf(
  request: RequestContext,
  feed: GenerationFeed<LiveGeneration>,
  { factsOf, deadlineOf }: { readonly factsOf: FactsOf; readonly deadlineOf: DeadlineOf },
): GatewayCall {
  const { caller, persona, headers, progress } = request;
  const { operation } = progress;
  if (operation === null) throw new TypeError('the operation was not bound');
  const live = feed.of(operation.schema);
  const facts = factsOf(caller, persona.name);
  const forwarded = live.forward({ facts, headers });
  return {
    operation,
    generationId: live.generation.id,
    entitlement: forwarded.key,
    isPrivate: mayHaveCookies(operation, live),
    deadlineAt: deadlineOf(request, operation),
    cancel: operation.definition.operation === OperationTypeNode.QUERY ? request.left : undefined,
    request,
    live,
    facts,
    forwarded,
  };
}

/** Until an operation is planned nobody can tell which subgraphs it asks. */
function mayHaveCookies(operation: BoundOperation, { responding, executor }: LiveGeneration): boolean {
  const { cookieSubgraphs } = responding ?? { cookieSubgraphs: NO_SUBGRAPHS };
  if (cookieSubgraphs.size === 0) return false;
  const asked = executor.subgraphsOf(operation);
  return asked === null || [...asked].some(subgraph => cookieSubgraphs.has(subgraph));
}

const NO_SUBGRAPHS: ReadonlySet<string> = new Set();
