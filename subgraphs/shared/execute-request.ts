import { execute, GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql';
import { createDocumentCache } from './document-cache.ts';
import { RefusedRequest } from './read-json.ts';

export interface GraphQLRequest {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface GraphQLResponse {
  readonly status: number;
  readonly body: {
    readonly data?: Readonly<Record<string, unknown>> | null;
    readonly errors?: readonly GraphQLFormattedError[];
  };
}

export type RequestExecutor<Context> = (
  request: GraphQLRequest,
  context: Context,
) => Promise<GraphQLResponse>;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Checks a request's parameters after the GraphQL-over-HTTP specification; throws RefusedRequest (400). */
export function toGraphQLRequest(body: unknown): GraphQLRequest {
  if (!isRecord(body)) throw new RefusedRequest(400, 'the body must be a JSON object');
  const { query, operationName = null, variables } = body;
  if (typeof query !== 'string') throw new RefusedRequest(400, 'query must be a string');
  if (operationName !== null && typeof operationName !== 'string') {
    throw new RefusedRequest(400, 'operationName must be a string');
  }
  const values = variables ?? {};
  if (!isRecord(values)) throw new RefusedRequest(400, 'variables must be an object');
  return { query, operationName, variables: values };
}

/** The three steps of every GraphQL server: parse and validate (remembered), then execute. */
export function createRequestExecutor<Context>(schema: GraphQLSchema): RequestExecutor<Context> {
  const prepare = createDocumentCache(schema);
  return async ({ query, operationName, variables }, contextValue) => {
    const prepared = prepare(query);
    if (prepared.kind === 'invalid') {
      return { status: 400, body: { errors: prepared.errors.map(error => error.toJSON()) } };
    }
    const { document } = prepared;
    const result = await execute({
      schema,
      document,
      contextValue,
      operationName,
      variableValues: variables,
    });
    const errors = result.errors?.map(error => error.toJSON());
    // No data at all means that nothing ran: an unknown operation name, or variables that do not fit.
    if (result.data === undefined) return { status: 400, body: { errors: errors ?? [] } };
    return { status: 200, body: errors ? { errors, data: result.data } : { data: result.data } };
  };
}

export function refusalBody(message: string): string {
  return JSON.stringify({ errors: [new GraphQLError(message, { extensions: { code: 'BAD_REQUEST' } })] });
}
