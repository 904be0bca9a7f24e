import type { ApolloServerPlugin, GraphQLRequestContext } from '@apollo/server';
import { type DocumentNode, GraphQLError, type GraphQLSchema, OperationTypeNode } from 'graphql';
import { GatewayError } from '../errors.ts';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { auditOperation } from './audit.ts';
import type { BoundOperation } from './bound-operation.ts';
import { countOperation } from './count-operation.ts';
import { type EntryStages, enterOperation, noteEntered, settle } from './enter-operation.ts';
import type { Entered } from './entered.ts';
import { contentTypeOf } from './media-type.ts';
import type { RequestContext } from './request-context.ts';
import { invalidVariables, outcomeOf, refineRequestErrors, unresolvedOperation } from './request-errors.ts';

/** The stages that run inside Apollo's pipeline, in their order; `gateway.ts` supplies them. */
export interface PipelineStages extends EntryStages {
  readonly bind: (input: {
    readonly schema: GraphQLSchema;
    readonly request: GraphQLRequestContext<RequestContext>;
  }) => BoundOperation | readonly GraphQLError[];
  /** Told of documents that are not valid, and why. */
  readonly refuse: (schema: GraphQLSchema, document: DocumentNode, errors: readonly Error[]) => void;
  /** Told of requests that may run; null: nobody remembers them. */
  readonly learn: ((context: RequestContext, operation: BoundOperation) => void) | null;
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
        async validationDidStart({ schema, document }) {
          return async (errors = []) => {
            if (errors.length > 0) stages.refuse(schema, document, errors);
          };
        },
        async didResolveOperation(request) {
          const { operation: definition } = request;
          if (definition === undefined) throw unresolvedOperation(request.request.operationName);
          if (definition.operation === OperationTypeNode.SUBSCRIPTION) throw subscriptionsUnsupported();
          const bound = stages.bind({ schema: request.schema, request });
          if ('length' in bound) throw invalidVariables(bound, contextValue.persona.introspection);
          const { progress } = contextValue;
          const entered = await enter(stages, bound, contextValue).catch(throwAsGraphQLError);
          noteEntered(contextValue, entered, stages.look !== null);
          // Only now: who is refused must not push out what others have registered.
          progress.document?.register?.();
          stages.learn?.(contextValue, bound);
          // Hooks run side by side: another plugin may have failed, and the answer be sent, meanwhile.
          if (progress.isOver) settle(contextValue);
          for (const [name, value] of entered.admission?.headers() ?? [])
            response.http.headers.set(name, value);
        },
        async didEncounterErrors({ errors }) {
          for (const error of errors) {
            if (isInternal(error)) {
              stages.logger.error({ err: causeOf(error), ...whichOne(contextValue) }, 'request failed');
            }
          }
        },
        async willSendResponse(request) {
          refineRequestErrors(request);
          settle(contextValue);
          audit?.(request);
          const kind = request.operation?.operation;
          if (kind !== undefined) {
            const outcome = outcomeOf(request.response.body);
            countOperation(stages.metrics, contextValue, { kind, outcome });
          }
        },
      };
    },
    async unexpectedErrorProcessingRequest({ requestContext, error }) {
      const { contextValue } = requestContext;
      stages.logger.error({ err: error, ...whichOne(contextValue) }, 'request failed');
      // The hook that sends a response may not have been reached.
      settle(contextValue);
      if (contextValue.persona.audit) auditOperation(stages)(requestContext);
    },
  };
}

/** Unless that has been done, or tried. */
async function enter(stages: EntryStages, bound: BoundOperation, context: RequestContext): Promise<Entered> {
  return context.progress.entering ?? enterOperation(stages, bound, context);
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

/** By what a line of the log is found again, of whoever has the answer, or the trace. */
function whichOne({ id, trace }: RequestContext): { readonly requestId: string; readonly traceId: string } {
  return { requestId: id, traceId: trace.traceId };
}
