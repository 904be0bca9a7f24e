import type { ApolloServerPlugin, GraphQLRequestContext } from '@apollo/server';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import type { BoundOperation } from '../operation/bind.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { Answer } from './answer.ts';
import type { RequestContext } from './request-context.ts';

/** The stages that run inside Apollo's pipeline, in their order; `gateway.ts` supplies them. */
export interface PipelineStages {
  readonly bind: (input: {
    readonly schema: GraphQLSchema;
    readonly request: GraphQLRequestContext<RequestContext>;
  }) => BoundOperation | readonly GraphQLError[];
  readonly metrics: Metrics;
}

/** The only Apollo plugin of ours. Stages are plain functions; this says at which hook each of them runs. */
export function pipelinePlugin(stages: PipelineStages): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation(request) {
          const bound = stages.bind({ schema: request.schema, request });
          if ('length' in bound) throw invalidVariables(bound);
          request.contextValue.progress.operation = bound;
        },
        async willSendResponse(request) {
          const kind = request.operation?.operation;
          if (kind !== undefined) stages.metrics.operation(kind, outcomeOf(request.response.body));
        },
      };
    },
  };
}

/** Apollo answers with one error a response here; the first says which variable to mend. */
function invalidVariables(errors: readonly GraphQLError[]): GraphQLError {
  const [first] = errors;
  return new GraphQLError(first?.message ?? 'The variables do not fit the operation.', {
    ...(first?.nodes === undefined ? {} : { nodes: first.nodes }),
    extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } },
  });
}

type Body = GraphQLRequestContext<RequestContext>['response']['body'];

function outcomeOf(body: Body): 'ok' | 'partial' | 'error' {
  if (body?.kind !== 'single') return 'ok';
  const { data, errors } = body.singleResult;
  if (errors === undefined || errors.length === 0) return 'ok';
  return data instanceof Answer ? 'partial' : 'error';
}
