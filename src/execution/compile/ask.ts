import { GatewayError } from '../../errors.ts';
import type { JsonObject } from '../../shared/json.ts';
import type { CacheCounts, SubgraphRequest } from '../fetch/subgraph-fetch.ts';
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
  /** How much of what is wanted was kept. Absent: nothing is looked for. */
  readonly cache?: CacheCounts | undefined;
}

/**
 * Sends one request and hands its answer on; what is made of it says how the guarded fields did, and their breakers
 * are told. @throws GatewayError when there is no answer, and whatever `use` throws
 */
export type Ask = (run: Run, asking: Asking, use: UseAnswer) => Promise<void>;

/** @param isJoined whether the request was sent by somebody else, and before this one wanted it */
export type UseAnswer = (answer: SubgraphAnswer, isJoined: boolean) => Verdict;

export function compileAsk(fetch: FetchPlan, guards: FetchGuards<unknown> | null): Ask {
  const { subgraph, operationKind } = fetch;
  const read = async (run: Run, request: SubgraphRequest): Promise<SubgraphAnswer> => {
    const answer = readAnswer(await run.ask(request), subgraph);
    run.hasEscapes ||= answer.hasEscapes;
    if (answer.extensions !== null) noteTags(run, answer.extensions);
    return answer;
  };
  if (guards === null) {
    return async (run, { body, cache }, use) => {
      const request: SubgraphRequest = { subgraph, operationKind, body, context: run.context, fetch, cache };
      use(await read(run, request), request.isJoined === true);
    };
  }
  const { guard } = guards;
  return async (run, { body, passage, cache }, use) => {
    const { context } = run;
    const request: SubgraphRequest =
      passage === null
        ? { subgraph, operationKind, body, context, fetch, cache, guard }
        : {
            subgraph,
            operationKind,
            body,
            context,
            fetch,
            cache,
            guard,
            cut: guards.cutCoordinates(passage),
          };
    const startedAt = guard.begin();
    try {
      const verdict = use(await read(run, request), request.isJoined === true);
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

/** Of all else that a subgraph says beside its data nobody wants to know later. */
function noteTags(run: Run, { apolloCacheTags, apolloEntityCacheTags }: JsonObject): void {
  if (apolloCacheTags === undefined && apolloEntityCacheTags === undefined) return;
  run.tagged.push({
    apolloCacheTags: apolloCacheTags ?? null,
    apolloEntityCacheTags: apolloEntityCacheTags ?? null,
  });
}

/** Whether it is a subgraph that is to blame for a fetch without an answer. */
export function blamesSubgraph(error: unknown): error is GatewayError {
  return error instanceof GatewayError && error.code.startsWith('SUBGRAPH_');
}
