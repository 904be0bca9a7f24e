import { OperationTypeNode } from 'graphql';
import type { CachePolicy } from '../cache/policy/cache-policy.ts';
import { type Guessed, ResponseCache } from '../cache/response/response-cache.ts';
import { type ResponseIdentity, writeIdentity } from '../cache/response/response-key.ts';
import { guessTellings, type Telling, tellingsAmong } from '../cache/response/tellings.ts';
import type { Wanted } from '../cache/response/wanted.ts';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { resolvePersonas } from '../config/resolve-personas.ts';
import { Answer } from '../http/answer.ts';
import type { BoundOperation } from '../http/bound-operation.ts';
import type { Looked, Looking } from '../http/enter-operation.ts';
import type { CacheLookup } from '../http/kept-answer.ts';
import type { RequestContext } from '../http/request-context.ts';
import { sha256 } from '../shared/hash.ts';
import type { Caching } from './caching.ts';
import { type FactsOf, ownerOf } from './caller-facts.ts';
import { countsCosts } from './costs.ts';
import { wantsExplanation } from './explanation.ts';
import { type KeptOperation, rememberKept, tagsOf } from './kept-operations.ts';
import type { LiveGeneration } from './live-generation.ts';
import type { GatewayOptions } from './options.ts';

/** Looks an operation up among the answers that are kept. Null: it is of a kind that is not kept. */
export type LookUp = (operation: BoundOperation, request: RequestContext, live: LiveGeneration) => Looking;

interface LookUpOptions extends Pick<GatewayOptions, 'clock' | 'config' | 'metrics'> {
  readonly caching: Caching | null;
  readonly factsOf: FactsOf;
}

/** Null where no answers are kept. */
export function createLookUp({
  caching,
  clock,
  factsOf,
  metrics,
  config: gateway,
}: LookUpOptions): LookUp | null {
  if (caching === null || !caching.config.responses.enabled) return null;
  const { store, config, hotBytes, operations } = caching;
  const cache = new ResponseCache({
    store,
    clock,
    random: Math.random,
    jitter: config.jitter,
    restore: Answer.ofBytes,
    hotBytes,
    onReread: () => metrics.cacheRead('memory'),
  });
  const keptOf = rememberKept(operations);
  const place = sha256(JSON.stringify([gateway.execution.subgraphs, config.subgraphs, shownCosts(gateway)]));
  return (operation, request, live) => {
    const { policies, executor, generation } = live;
    if (policies === null || !isCacheable(operation, request)) return null;
    const { persona, headers, clientAddress } = request;
    const kept = keptOf(operation, { policies, persona, generation });
    const policy = kept.selection.policyOf(operation.variables);
    if (policy === null) return null;
    if (policy.scope === 'PRIVATE') request.progress.isPrivate = true;
    const forwarded = live.forward({ facts: factsOf(request.caller, persona.name), headers, clientAddress });
    const owner = ownerOf(request.caller);
    const generationId = generation.id;
    const caller = { generationId, place, persona: persona.name, owner };
    const operationKey = operation.key.length > LONGEST_KEY ? sha256(operation.key) : operation.key;
    const wantedFor = (tellings: readonly Telling[]): Wanted | null =>
      wantedOf({ ...caller, operationKey, tellings }, { operation, policy, kept });
    const tellings = policies.tellingsOf(forwarded);
    const subgraphs = executor.subgraphsOf(operation);
    if (subgraphs === null) {
      const prepare = () => executor.prepare(operation, request.trace.traceparent);
      return lookUnplanned({ cache, tellings, wantedFor, prepare });
    }
    const { last } = kept;
    const isSame = last?.key === operation.key && last.owner === owner;
    if (isSame && last.tellings === tellings && last.subgraphs === subgraphs) return cache.look(last.wanted);
    const wanted = wantedFor(tellingsAmong(tellings, subgraphs));
    if (wanted === null) return null;
    const isSmall = wanted.identity.length <= MOST_REMEMBERED;
    kept.last = isSmall ? { key: operation.key, owner, tellings, subgraphs, wanted } : null;
    return cache.look(wanted);
  };
}

/** A longer key, which has the variables in it, is hashed once and not with each identity that it is part of. */
const LONGEST_KEY = 1_024;

/** Length of an identity up to which it is remembered with its operation, which has its variables. */
const MOST_REMEMBERED = 4_096;

interface Policied {
  readonly operation: BoundOperation;
  readonly policy: CachePolicy;
  readonly kept: KeptOperation;
}

/** Null: nobody can be told apart by it. */
function wantedOf(
  parts: Omit<ResponseIdentity, 'scope'>,
  { operation, policy, kept }: Policied,
): Wanted | null {
  const { scope } = policy;
  const identity = writeIdentity({ ...parts, scope });
  if (identity === null) return null;
  const ownIdentity = (): string | null => writeIdentity({ ...parts, scope: 'PRIVATE' });
  const own = scope === 'PRIVATE' ? null : { privacy: kept.privacy, identity: ownIdentity };
  return { identity, policy, own, tagsOf: data => tagsOf(kept, operation, data) };
}

interface Unplanned {
  readonly cache: ResponseCache;
  /** Of all subgraphs. */
  readonly tellings: readonly Telling[];
  /** Null: it is not kept for this caller, whatever it asks. */
  readonly wantedFor: (tellings: readonly Telling[]) => Wanted | null;
  /** Within the trace of the request. */
  readonly prepare: () => ReturnType<LiveGeneration['executor']['prepare']>;
}

/**
 * Which subgraphs are asked, and so told of the caller, only the plan says; what limits refuse is not planned. So it is
 * looked for under all that its plan may turn out to be, beside the limits, and planned only where it must be made.
 */
function lookUnplanned({ cache, tellings, wantedFor, prepare }: Unplanned): Looking {
  const plan = (): Promise<Wanted | null> =>
    prepare().then(
      ({ subgraphs }) => wantedFor(tellingsAmong(tellings, subgraphs)),
      // What cannot be planned fails later.
      () => null,
    );
  const guesses = guessTellings(tellings).map(wantedFor).filter(isKept);
  if (guesses.length === 0) return null;
  const looked = (guessed: Guessed): Looked => {
    const lookup = () => plan().then(wanted => wanted && guessed.of(wanted));
    if (guessed.best.found === null) return lookup;
    // Whoever made it may have planned it otherwise, so what is made here is kept under the plan of this process.
    const refresh: CacheLookup['refresh'] = work => void lookup().then(planned => planned?.refresh(work));
    return { ...guessed.best, keep: () => null, refresh };
  };
  const guessed = cache.lookAmong(guesses);
  return guessed instanceof Promise ? guessed.then(looked) : looked(guessed);
}

function isKept(wanted: Wanted | null): wanted is Wanted {
  return wanted !== null;
}

/**
 * What the cost of an answer is counted by, where clients are told it: it is kept with the answer, and whoever counts
 * otherwise makes an answer anew. Weights of directives are the generation's, and those of personas in their views.
 */
function shownCosts(config: GatewayConfig): unknown {
  const personas = resolvePersonas(config);
  if (!personas.some(({ cost }) => cost.show)) return null;
  return [countsCosts(config, personas), config.policy.cost.weights];
}

/** Rules that judge objects, or look at the client's headers, answer one request and no other. */
function isCacheable({ definition, denial }: BoundOperation, request: RequestContext): boolean {
  const { persona, progress } = request;
  if (definition.operation !== OperationTypeNode.QUERY || persona.cache.disabled) return false;
  if (progress.readsHeaders || (denial !== null && denial.deferred !== null)) return false;
  return !wantsExplanation(request);
}
