import type { HedgeConfig } from '../../config/traffic.ts';
import { Cancellation } from '../../shared/cancellation.ts';
import type { Clock } from '../../shared/clock.ts';
import type { CallBudget } from './call-budget.ts';
import { Latencies } from './latencies.ts';
import {
  cancellationOf,
  type SubgraphFetch,
  type SubgraphReply,
  type SubgraphRequest,
} from './subgraph-fetch.ts';

export interface HedgePolicy {
  readonly config: HedgeConfig;
  readonly budget: CallBudget;
}

interface HedgeOptions {
  /** By subgraph; where there is none, nothing is sent twice. */
  readonly policies: ReadonlyMap<string, HedgePolicy>;
  readonly clock: Clock;
  /** Told of each request that was sent twice, and whether the second was answered first. */
  readonly onHedge: (subgraph: string, outcome: 'won' | 'lost') => void;
}

/**
 * Sends a query a second time when it takes longer than nearly all of its like, and takes the answer that comes first;
 * the other is cancelled (Dean and Barroso, The Tail at Scale, 2013).
 */
export function hedgeFetches(next: SubgraphFetch, options: HedgeOptions): SubgraphFetch {
  const { policies, clock } = options;
  // By the fetch of a plan: what one asks has little to do with how long another takes.
  const known = new WeakMap<object, Latencies>();
  const latenciesOf = (fetch: object, { config }: HedgePolicy): Latencies => {
    const found = known.get(fetch) ?? new Latencies(config.quantile);
    known.set(fetch, found);
    return found;
  };
  return request => {
    const policy = policies.get(request.subgraph);
    if (policy === undefined || request.operationKind === 'mutation' || request.fetch === undefined)
      return next(request);
    const startedAt = clock.elapsed();
    policy.budget.called(startedAt);
    const latencies = latenciesOf(request.fetch, policy);
    const usual = latencies.value;
    const reply =
      usual === null
        ? next(request)
        : race(request, Math.max(usual, policy.config.atLeast), { next, policy, options });
    reply.then(
      () => latencies.add(clock.elapsed() - startedAt),
      () => {},
    );
    return reply;
  };
}

interface RaceParts {
  readonly next: SubgraphFetch;
  readonly policy: HedgePolicy;
  readonly options: HedgeOptions;
}

function race(
  request: SubgraphRequest,
  afterMs: number,
  { next, policy, options }: RaceParts,
): Promise<SubgraphReply> {
  const { subgraph } = request;
  return new Promise((resolve, reject) => {
    const runners: Cancellation[] = [];
    let running = 0;
    let isOver = false;
    const end = (winner: number | null): void => {
      isOver = true;
      clearTimeout(timer);
      for (const [index, cancel] of runners.entries()) if (index !== winner) cancel.cancel();
      if (runners.length > 1 && winner !== null) options.onHedge(subgraph, winner === 1 ? 'won' : 'lost');
    };
    const run = (): void => {
      const cancel = new Cancellation();
      const index = runners.push(cancel) - 1;
      running++;
      const lose = (settle: () => void): void => {
        running--;
        // While the other still runs, there is hope.
        if (isOver || running > 0) return;
        end(null);
        settle();
      };
      next({ ...request, cancel }).then(
        reply => {
          if (reply.status >= 500) return lose(() => resolve(reply));
          running--;
          if (isOver) return;
          end(index);
          resolve(reply);
        },
        (error: unknown) => lose(() => reject(error)),
      );
    };
    const timer = setTimeout(() => {
      if (isOver || !policy.budget.take(options.clock.elapsed())) return;
      request.isHedged = true;
      run();
    }, afterMs);
    cancellationOf(request)?.onCancel(() => {
      clearTimeout(timer);
      for (const cancel of runners) cancel.cancel();
    });
    run();
  });
}
