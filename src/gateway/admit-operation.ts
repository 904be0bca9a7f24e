import type { GatewayConfig } from '../config/gateway-config.ts';
import type { Persona } from '../config/resolve-personas.ts';
import { compileTiers } from '../config/tiers.ts';
import { GatewayError } from '../errors.ts';
import type { BoundOperation } from '../http/bound-operation.ts';
import type { Admitted } from '../http/entered.ts';
import type { RequestContext } from '../http/request-context.ts';
import { checkCeiling, compileCeilings } from '../policy/cost/ceiling.ts';
import type { CostPlan } from '../policy/cost/compile.ts';
import { type AdmitEvents, admit, type RateLimitVerdict } from '../policy/rate-limit/admit.ts';
import type { BoundBucket } from '../policy/rate-limit/bound-bucket.ts';
import type { BucketStore } from '../policy/rate-limit/bucket-store.ts';
import { rateLimitHeaders } from '../policy/rate-limit/headers.ts';
import { prune, refusalFor } from '../policy/rate-limit/prune.ts';
import type { RateLimits } from '../policy/rate-limit/rate-limits.ts';
import { tokenIssuers } from '../policy/rate-limit/token-issuers.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Costs } from './costs.ts';
import { TakenAdmission } from './settle-admission.ts';

/**
 * Decides by cost and limits whether an operation may run, before anything is planned. What it takes it takes in
 * one step.
 * @throws GatewayError COST_LIMIT_EXCEEDED, RATE_LIMITED, or DOCUMENT_LIMIT_EXCEEDED for too many values of arguments
 */
export type AdmitOperation = (
  operation: BoundOperation,
  request: RequestContext,
) => Admitted | Promise<Admitted>;

interface AdmitOptions {
  readonly config: GatewayConfig;
  readonly personas: readonly Persona[];
  /** Null where no cost is counted. */
  readonly costs: Costs | null;
  readonly limits: RateLimits;
  readonly store: BucketStore;
  /** Told of limits that have nothing left. */
  readonly events: AdmitEvents;
  readonly metrics: Metrics;
}

export function createAdmitOperation(options: AdmitOptions): AdmitOperation {
  const { config, personas, costs, limits, store, metrics } = options;
  const { tiers, policy } = config;
  const { cachedWeight } = policy.rateLimit;
  const tierOf = compileTiers(tiers);
  const issuers = tokenIssuers(config.identity);
  const ceilingOf = compileCeilings({ personas, tiers, config: policy.cost });
  const isOff = costs === null && limits.limits.length === 0;
  return (operation, request) => {
    if (isOff) return { operation, admission: null };
    const { persona, caller, headers } = request;
    const tier = tierOf(caller.tier);
    const ceiling = ceilingOf(persona, tier);
    const plan = costs === null ? null : costs.planOf(operation);
    const estimate = plan?.estimate(operation.variables) ?? 0;
    const bound = limits.of(operation).bind({
      caller,
      issuer: issuers.of(caller),
      persona: persona.name,
      tier,
      ip: request.clientAddress(),
      headers,
      variables: operation.variables,
      estimate: leastTaken(plan, estimate),
    });
    checkValues(bound);
    // Where costs are off, who pays for an operation in points is told of them all the same.
    const isCounted = plan !== null && (ceiling.mode !== 'off' || bound.some(spendsCost));
    if (isCounted) metrics.operationCost('estimated', persona.name ?? '', estimate);
    if (plan !== null && ceiling.mode === 'enforce')
      checkCeiling(estimate, ceiling, plan.problems(operation.variables));
    const admitted = (verdict: RateLimitVerdict): Admitted => {
      if (verdict.refusedBy !== null) throw refused(verdict, verdict.refusedBy);
      const estimated = isCounted ? estimate : null;
      const admission = new TakenAdmission(verdict, { estimated, max: ceiling.max, store, cachedWeight });
      return { operation: prune(operation, verdict), admission };
    };
    const verdict = admit(bound, store, options.events);
    // In memory there is nothing to wait for.
    return verdict instanceof Promise ? verdict.then(admitted) : admitted(verdict);
  };
}

/** Of limits by argument: one operation may write as many values as it has room for, each of which is a bucket to ask. */
const MOST_VALUES = 256;

function checkValues(bound: readonly BoundBucket[]): void {
  if (bound.length <= MOST_VALUES) return;
  const values = bound.filter(({ limit }) => limit.isByArgument).length;
  if (values <= MOST_VALUES) return;
  throw new GatewayError('DOCUMENT_LIMIT_EXCEEDED', {
    message: `The operation has ${values} values of arguments that are limited each by itself, and may have ${MOST_VALUES}. Send several operations.`,
  });
}

/**
 * What is estimated at nothing takes something all the same where its answer may cost: who is in debt would else go on
 * for ever with lists of no items that subgraphs make longer, and nobody would be charged for these.
 */
function leastTaken(plan: CostPlan | null, estimate: number): number {
  return estimate === 0 && plan?.mayCost === true ? 1 : estimate;
}

function spendsCost({ limit }: BoundBucket): boolean {
  return limit.spend === 'cost';
}

function refused({ retryAfterMs, told }: RateLimitVerdict, limit: string): GatewayError {
  const { message, extensions } = refusalFor({ limit, retryAfterMs });
  return new GatewayError('RATE_LIMITED', {
    message,
    extensions,
    headers: rateLimitHeaders(told, true),
  });
}
