import type { GatewayExecutor, GatewayGraphQLRequestContext } from '@apollo/server-gateway-interface';
import { GatewayError } from '../errors.ts';
import type { Forwarded } from '../execution/fetch/forward.ts';
import type { RenderedAnswer } from '../http/render-answer.ts';
import type { RequestContext } from '../http/request-context.ts';
import { type OperationCall, shareOperations } from '../operation/share-operations.ts';
import type { GenerationFeed } from '../supergraph/generation-feed.ts';
import type { LiveGeneration } from './live-generation.ts';
import type { GatewayOptions } from './options.ts';

interface GatewayCall extends OperationCall {
  readonly request: RequestContext;
  readonly live: LiveGeneration;
  readonly forwarded: Forwarded;
}

/** What Apollo Server calls to execute an operation that it has parsed and validated and our plugin has bound. */
export function createExecute(
  feed: GenerationFeed<LiveGeneration>,
  { config, clock, metrics }: GatewayOptions,
): GatewayExecutor {
  const run = ({ operation, deadlineAt, request, live, forwarded }: GatewayCall): Promise<RenderedAnswer> =>
    live.executor.execute(operation, {
      deadlineAt,
      requestId: request.id,
      traceparent: request.trace.traceparent,
      forwarded,
    });
  const execute = config.execution.sharing.operations
    ? shareOperations(run, { clock, onShared: metrics.operationShared })
    : run;

  return async (apollo: GatewayGraphQLRequestContext) => {
    const request = apollo.context as RequestContext;
    try {
      const { answer, errors } = await execute(callOf(request, feed));
      request.progress.answer = answer;
      return { data: answer, ...(errors.length > 0 ? { errors } : {}) };
    } catch (error) {
      const known =
        error instanceof GatewayError ? error : new GatewayError('INTERNAL_SERVER_ERROR', { cause: error });
      throw known.toGraphQLError();
    }
  };
}

function callOf(request: RequestContext, feed: GenerationFeed<LiveGeneration>): GatewayCall {
  const { caller, persona, headers, progress, receivedAt } = request;
  const { operation } = progress;
  if (operation === null) throw new TypeError('the operation was not bound');
  const live = feed.of(operation.schema);
  const { subject, roles, tenant } = caller;
  const forwarded = live.forward({ facts: { subject, roles, tenant, persona: persona.name }, headers });
  return {
    operation,
    generationId: live.generation.id,
    entitlement: forwarded.key,
    deadlineAt: receivedAt + persona.deadline,
    request,
    live,
    forwarded,
  };
}
