import type { ApolloServerPlugin, GraphQLRequestContext } from '@apollo/server';
import { GraphQLError, type GraphQLSchema, OperationTypeNode } from 'graphql';
import { GatewayError } from '../errors.ts';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Admission } from './admission.ts';
import { auditOperation } from './audit.ts';
import type { BoundOperation } from './bound-operation.ts';
import type { CacheLookup } from './kept-answer.ts';
import { contentTypeOf } from './media-type.ts';
import type { RequestContext } from './request-context.ts';
import { invalidVariables, outcomeOf, refineRequestErrors, unresolvedOperation } from './request-errors.ts';

export interface Admitted {
  readonly operation: BoundOperation;
  /** Null where nothing is counted. */
  readonly admission: Admission | null;
}

/** The stages that run inside Apollo's pipeline, in their order; `gateway.ts` supplies them. */
export interface PipelineStages {
  readonly bind: (input: {
    readonly schema: GraphQLSchema;
    readonly request: GraphQLRequestContext<RequestContext>;
  }) => BoundOperation | readonly GraphQLError[];
  /** Takes out what the caller may not see. @throws GatewayError */
  readonly authorize: (
    operation: BoundOperation,
    request: GraphQLRequestContext<RequestContext>,
  ) => Promise<BoundOperation>;
  /** Looks it up among the answers that are kept; null where none are. */
  readonly look:
    | ((
        operation: BoundOperation,
        context: RequestContext,
      ) => CacheLookup | null | Promise<CacheLookup | null>)
    | null;
  /** Lets it in by cost and limits. @throws GatewayError */
  readonly admit: (operation: BoundOperation, context: RequestContext) => Promise<Admitted>;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** The only Apollo plugin of ours. Stages are plain functions; this says at which hook each of them runs. */
export function pipelinePlugin(stages: PipelineStages): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart({ contextValue, response }) {
      // Chosen once, before anything runs; Apollo would negotiate again, after the operation.
      response.http.headers.set('content-type', contentTypeOf(contextValue.mediaType));
      const audit = contextValue.persona.audit ? auditOperation(stages) : null;
      return {
        async didResolveOperation(request) {
          const { operation: definition } = request;
          if (definition === undefined) throw unresolvedOperation(request.request.operationName);
          if (definition.operation === OperationTypeNode.SUBSCRIPTION) throw subscriptionsUnsupported();
          const bound = stages.bind({ schema: request.schema, request });
          if ('length' in bound) throw invalidVariables(bound, contextValue.persona.introspection);
          const { progress } = request.contextValue;
          const operation = await stages.authorize(bound, request).catch(throwAsGraphQLError);
          // Beside the limits: where both ask Redis, it is one round trip.
          const looking = stages.look?.(operation, contextValue) ?? null;
          const admitted = await stages.admit(operation, contextValue).catch(throwAsGraphQLError);
          progress.operation = admitted.operation;
          progress.admission = admitted.admission;
          // Only now: who is refused must not push out what others have registered.
          progress.document?.register?.();
          const lookup = looking instanceof Promise ? await looking : looking;
          // What limits took fields out of is another operation.
          progress.lookup = admitted.operation === operation ? lookup : null;
          if (stages.look !== null) progress.cacheState = progress.lookup === null ? 'BYPASS' : 'MISS';
          // Hooks run side by side: another plugin may have failed, and the answer be sent, meanwhile.
          if (progress.isOver) settle(contextValue);
          for (const [name, value] of admitted.admission?.headers ?? [])
            response.http.headers.set(name, value);
        },
        async didEncounterErrors({ errors }) {
          for (const error of errors) {
            if (isInternal(error)) {
              stages.logger.error({ err: causeOf(error), requestId: contextValue.id }, 'request failed');
            }
          }
        },
        async willSendResponse(request) {
          refineRequestErrors(request);
          settle(contextValue);
          audit?.(request);
          const kind = request.operation?.operation;
          if (kind !== undefined) stages.metrics.operation(kind, outcomeOf(request.response.body));
        },
      };
    },
    async unexpectedErrorProcessingRequest({ requestContext, error }) {
      const { contextValue } = requestContext;
      stages.logger.error({ err: error, requestId: contextValue.id }, 'request failed');
      // The hook that sends a response may not have been reached.
      settle(contextValue);
      if (contextValue.persona.audit) auditOperation(stages)(requestContext);
    },
  };
}

/** However it ended: what was taken for an operation that never ran is given back. */
function settle({ progress }: RequestContext): void {
  progress.isOver = true;
  const isServedFromCache = progress.cacheState === 'HIT' || progress.cacheState === 'STALE';
  if (isServedFromCache) progress.admission?.settleCached();
  else progress.admission?.settle(progress.cost);
}

function throwAsGraphQLError(error: unknown): never {
  throw error instanceof GatewayError ? error.toGraphQLError() : error;
}

/** Errors without a code are what plugins and we ourselves throw by mistake. */
function isInternal(error: unknown): boolean {
  const code = error instanceof GraphQLError ? error.extensions['code'] : undefined;
  return code === undefined || code === 'INTERNAL_SERVER_ERROR';
}

function causeOf(error: unknown): unknown {
  return error instanceof GraphQLError ? (error.originalError ?? error) : error;
}

function subscriptionsUnsupported(): GraphQLError {
  return new GatewayError('UNSUPPORTED_OPERATION', {
    message: 'Subscriptions are not served by this endpoint. Send a query or a mutation.',
  }).toGraphQLError();
}
