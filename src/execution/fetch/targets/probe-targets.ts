import type { ProbeConfig } from '../../../config/targets.ts';
import type { Clock } from '../../../shared/clock.ts';
import { randomId } from '../../../shared/random-id.ts';
import type { Forwarded } from '../forward.ts';
import type { SubgraphFetch, SubgraphReply } from '../subgraph-fetch.ts';
import { findingOfReply } from './finding.ts';
import type { Target } from './target.ts';
import type { TargetGroup } from './target-group.ts';

/** Targets that are probed, and how. */
export interface ProbePlan {
  readonly subgraph: string;
  readonly group: TargetGroup;
  readonly settings: ProbeConfig;
}

export interface ProbeOptions {
  /** Straight to the wire: probes are nobody's requests. */
  readonly send: SubgraphFetch;
  /** Headers that subgraphs get whoever asks, like keys of their own. */
  readonly forwarded: Forwarded;
  readonly clock: Clock;
}

/** The probes that are going on: those of the newest generation, over its connections. */
export class Probing {
  #stop: () => void = () => {};

  /** Ends those of before. */
  restart(plans: readonly ProbePlan[], options: ProbeOptions): void {
    this.#stop();
    this.#stop = startProbes(plans, options);
  }

  close(): void {
    this.#stop();
  }
}

const BODY = JSON.stringify({ query: '{__typename}' });

/** Probes targets again and again, each of them once at a time. Keeps no process alive. @returns how to end it */
function startProbes(plans: readonly ProbePlan[], options: ProbeOptions): () => void {
  const busy = new Set<Target>();
  let isOver = false;
  const probe = async (target: Target, plan: ProbePlan): Promise<void> => {
    if (busy.has(target)) return;
    busy.add(target);
    const isWell = await answers(target, plan, options);
    busy.delete(target);
    // What ends with the connections says nothing.
    if (!isOver) plan.group.probed(target, isWell, options.clock.elapsed());
  };
  const timers = plans.flatMap(plan =>
    plan.group.targets.map(target =>
      setInterval(() => void probe(target, plan), plan.settings.every).unref(),
    ),
  );
  return () => {
    isOver = true;
    for (const timer of timers) clearInterval(timer);
  };
}

/** Whether a target can answer a question about next to nothing, or says of itself that it is well. */
async function answers(
  { endpoint }: Target,
  { subgraph, settings }: ProbePlan,
  { send, forwarded, clock }: ProbeOptions,
): Promise<boolean> {
  const deadlineAt = clock.elapsed() + settings.timeout;
  const context = { deadlineAt, requestId: randomId(), traceparent: null, forwarded };
  const { path } = settings;
  return send({ subgraph, endpoint, operationKind: 'query', body: BODY, path, context }).then(
    reply => (path === undefined ? findingOfReply(reply) === 'well' : isSuccess(reply)),
    () => false,
  );
}

/** A path that is not there, or leads elsewhere, says nothing good. */
function isSuccess({ status }: SubgraphReply): boolean {
  return status >= 200 && status < 300;
}
