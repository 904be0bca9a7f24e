import { GatewayError } from '../../errors.ts';
import type { SubgraphRequest } from '../fetch/subgraph-fetch.ts';
import type { FetchGuards } from '../guard/compile-guards.ts';
import type { Passage, Verdict } from '../guard/fetch-guard.ts';
import type { FetchPlan } from '../plan.ts';
import { readAnswer, type SubgraphAnswer } from '../run/read-answer.ts';
import type { Run } from '../run/run.ts';

export interface Asking {
  /** JSON text of the GraphQL request. */
  readonly body: string;
  /** Null: all breakers are closed, or there are none. */
  readonly passage: Passage | null;
}

/**
 * Sends one request and hands its answer on; what is made of it says how the guarded fields did, and their breakers
 * are told. @throws GatewayError when there is no answer, and whatever `use` throws
 */
export type Ask = (run: Run, asking: Asking, use: (answer: SubgraphAnswer) => Verdict) => Promise<void>;

export function compileAsk(fetch: FetchPlan, guards: FetchGuards<unknown> | null): Ask {
  const { subgraph, operationKind } = fetch;
  const read = async (run: Run, request: SubgraphRequest): Promise<SubgraphAnswer> => {
    const answer = readAnswer(await run.ask(request), subgraph);
    run.hasEscapes ||= answer.hasEscapes;
    return answer;
  };
  if (guards === null) {
    return async (run, { body }, use) => {
      use(await read(run, { subgraph, operationKind, body, context: run.context, fetch }));
    };
  }
  const { guard } = guards;
  return async (run, { body, passage }, use) => {
    const { context } = run;
    const request: SubgraphRequest =
      passage === null
        ? { subgraph, operationKind, body, context, fetch, guard }
        : { subgraph, operationKind, body, context, fetch, guard, cut: guards.cutCoordinates(passage) };
    const startedAt = guard.begin();
    try {
      const verdict = use(await read(run, request));
      if (request.isJoined === true) guard.release(passage);
      else guard.ended(passage, startedAt, verdict);
    } catch (error) {
      // Who joined another's request leaves it to that one to tell; a request that was never sent says nothing.
      const isOwn = request.isJoined !== true && startedAt < context.deadlineAt;
      if (isOwn && blamesSubgraph(error)) guard.failed(passage, startedAt);
      else guard.release(passage);
      throw error;
    }
  };
}

function blamesSubgraph(error: unknown): boolean {
  return error instanceof GatewayError && error.code.startsWith('SUBGRAPH_');
}
