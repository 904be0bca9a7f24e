import type { RetryConfig } from '../../config/traffic.ts';
import { GatewayError } from '../../errors.ts';
import type { Clock } from '../../shared/clock.ts';
import type { CallBudget } from './call-budget.ts';
import { pause } from './pause.ts';
import { retryAfterMs } from './retry-after.ts';
import type { SubgraphFetch, SubgraphReply, SubgraphRequest } from './subgraph-fetch.ts';

export interface RetryPolicy {
  readonly config: RetryConfig;
  readonly budget: CallBudget;
}

interface RetryOptions {
  /** By subgraph; where there is none, nothing is sent again. */
  readonly policies: ReadonlyMap<string, RetryPolicy>;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly onRetry: (subgraph: string, reason: string) => void;
}

/** How an attempt ended: one of them is there. */
interface Outcome {
  readonly reply?: SubgraphReply;
  readonly error?: unknown;
}

/**
 * Sends a request again that failed and may do better: connections that fail, timeouts, 502, 503, 504, and 429 or 503
 * that say when to come back. With exponential backoff and full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), within the deadline and the subgraph's
 * budget, and never where a breaker is not closed.
 */
export function retryFetches(next: SubgraphFetch, options: RetryOptions): SubgraphFetch {
  return request => {
    const policy = options.policies.get(request.subgraph);
    if (policy === undefined) return next(request);
    policy.budget.called(options.clock.elapsed());
    if (!isRepeatable(request, policy)) return next(request);
    return attempt({ request, policy, next, options }, 1);
  };
}

interface Attempts {
  readonly request: SubgraphRequest;
  readonly policy: RetryPolicy;
  readonly next: SubgraphFetch;
  readonly options: RetryOptions;
}

async function attempt(attempts: Attempts, number: number): Promise<SubgraphReply> {
  const { request, next, options } = attempts;
  let outcome: Outcome;
  try {
    outcome = { reply: await next(request) };
  } catch (error) {
    outcome = { error };
  }
  const reason = reasonToRetry(outcome);
  const waitMs = reason === null ? null : waitBeforeNext(attempts, number, outcome);
  if (reason === null || waitMs === null || !maySendAgain(attempts, waitMs)) {
    if (outcome.reply === undefined) throw outcome.error;
    return outcome.reply;
  }
  await pause(waitMs, request);
  request.retries = number;
  options.onRetry(request.subgraph, reason);
  return attempt(attempts, number + 1);
}

function isRepeatable(
  { operationKind, subgraph, context }: SubgraphRequest,
  { config }: RetryPolicy,
): boolean {
  if (operationKind === 'query') return true;
  const key = config.mutationsWith?.toLowerCase();
  if (key === undefined) return false;
  // Name, value, name, value …
  return context.forwarded.headersFor(subgraph).some((text, index) => index % 2 === 0 && text === key);
}

function reasonToRetry({ reply, error }: Outcome): string | null {
  if (reply === undefined) {
    const code = error instanceof GatewayError ? error.code : null;
    return code === 'SUBGRAPH_UNAVAILABLE' || code === 'SUBGRAPH_TIMEOUT' ? code : null;
  }
  const { status, headers } = reply;
  if (status === 502 || status === 503 || status === 504) return String(status);
  return status === 429 && headers['retry-after'] !== undefined ? '429' : null;
}

/** Null: not at all. */
function waitBeforeNext({ policy, options }: Attempts, number: number, { reply }: Outcome): number | null {
  const { attempts, backoff, maxBackoff } = policy.config;
  if (number >= attempts) return null;
  const told = reply === undefined ? null : retryAfterMs(reply.headers, options.clock.now());
  if (told !== null && told > maxBackoff) return null;
  const drawn = options.random() * Math.min(maxBackoff, backoff * 2 ** (number - 1));
  return Math.max(told ?? 0, drawn);
}

function maySendAgain({ request, policy, options }: Attempts, waitMs: number): boolean {
  const now = options.clock.elapsed();
  if (now + waitMs >= request.context.deadlineAt || request.guard?.isClosed() === false) return false;
  return policy.budget.take(now);
}
