import type { Clock } from '../../../shared/clock.ts';
import type { SubgraphFetch } from '../subgraph-fetch.ts';
import { type Finding, findingOfFailure, findingOfReply } from './finding.ts';
import type { TargetGroup } from './target-group.ts';

interface ChooseOptions {
  /** By the endpoint that a request is for: where it is none of these, there is nothing to choose. */
  readonly choices: ReadonlyMap<string, TargetChoice>;
  readonly clock: Clock;
}

export interface TargetChoice {
  readonly group: TargetGroup;
  /** Longest time that a request may take, ms. */
  readonly timeoutMs: number;
}

/** A timeout of a request that had less of its usual time left than this says nothing about the target. */
const FAIR_SHARE = 0.1;

/** Sends each request to one of its subgraph's targets, and watches how they do. */
export function chooseTargets(next: SubgraphFetch, { choices, clock }: ChooseOptions): SubgraphFetch {
  return async request => {
    const choice = choices.get(request.endpoint ?? request.subgraph);
    if (choice === undefined) return next(request);
    const { group, timeoutMs } = choice;
    const startedAt = clock.elapsed();
    const hadTime = request.context.deadlineAt - startedAt >= timeoutMs * FAIR_SHARE;
    const target = group.take(startedAt);
    const end = (finding: Finding): void => group.ended(target, { startedAt, now: clock.elapsed(), finding });
    try {
      const reply = await next({ ...request, endpoint: target.endpoint });
      end(findingOfReply(reply));
      return reply;
    } catch (error) {
      end(findingOfFailure(error, hadTime));
      throw error;
    }
  };
}
