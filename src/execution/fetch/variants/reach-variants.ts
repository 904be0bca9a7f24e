import { STABLE } from '../../../config/variants.ts';
import { GatewayError } from '../../../errors.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { SubgraphFetch } from '../subgraph-fetch.ts';
import { isFailedReply } from './failed-reply.ts';
import type { VariantPlace, VariantTrials } from './variant-trials.ts';

export interface VariedSubgraph {
  /** Codes of errors that are the client's fault. */
  readonly passCodes: ReadonlySet<string>;
  /** Variant → name of its endpoint. */
  readonly endpoints: ReadonlyMap<string, string>;
}

interface ReachOptions {
  /** The subgraphs that have variants. */
  readonly varied: ReadonlyMap<string, VariedSubgraph>;
  readonly trials: VariantTrials;
  readonly clock: Clock;
  /** Told of each request to one of them. */
  readonly onEnded: (place: VariantPlace, outcome: 'ok' | 'failed') => void;
}

/** Sends requests to the variants that were chosen for them, and compares how these do with the subgraphs themselves. */
export function reachVariants(
  next: SubgraphFetch,
  { varied, trials, clock, onEnded }: ReachOptions,
): SubgraphFetch {
  return async request => {
    const { subgraph, context } = request;
    const known = varied.get(subgraph);
    const startedAt = clock.elapsed();
    // What is not sent, as there is no time left, says nothing.
    if (known === undefined || startedAt >= context.deadlineAt) return next(request);
    const variant = context.forwarded.variantFor?.(subgraph) ?? null;
    const endpoint = variant === null ? undefined : known.endpoints.get(variant);
    const ended = (isFailed: boolean): void => {
      const now = clock.elapsed();
      trials.ended(subgraph, variant, { now, tookMs: now - startedAt, isFailed });
      onEnded({ subgraph, variant: variant ?? STABLE }, isFailed ? 'failed' : 'ok');
    };
    try {
      const reply = await next(endpoint === undefined ? request : { ...request, endpoint });
      ended(isFailedReply(reply, subgraph, known.passCodes));
      return reply;
    } catch (error) {
      // Who has gone away says nothing about the subgraph.
      if (error instanceof GatewayError && error.code !== 'REQUEST_CANCELLED') ended(true);
      throw error;
    }
  };
}
