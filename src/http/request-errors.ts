import type { GraphQLRequestContext } from '@apollo/server';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { RequestContext } from './request-context.ts';

type Body = GraphQLRequestContext<RequestContext>['response']['body'];

/** Codes of well-formed requests with an operation that cannot be run. */
const REQUEST_ERRORS: ReadonlySet<unknown> = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'OPERATION_RESOLUTION_FAILURE',
]);

/**
 * Mends a response that holds errors and no data: an unsupported directive is the only complaint worth making,
 * and the older media type reports what is wrong with an operation in a response of status 200, as there a 4xx
 * could come from any proxy (GraphQL over HTTP, 6.4.1).
 */
export function refineRequestErrors({ response, contextValue }: GraphQLRequestContext<RequestContext>): void {
  const result = response.body?.kind === 'single' ? response.body.singleResult : undefined;
  const errors = result?.errors;
  if (result === undefined || errors === undefined || result.data != null) return;
  const unsupported = errors.filter(hasCode('UNSUPPORTED_OPERATION'));
  const [tooLarge] = errors.filter(hasCode('DOCUMENT_LIMIT_EXCEEDED'));
  if (tooLarge !== undefined) result.errors = [tooLarge];
  else if (unsupported.length > 0) result.errors = unsupported;
  else if (
    response.http.status === 400 &&
    contextValue.mediaType === 'application/json' &&
    errors.every(({ extensions }) => REQUEST_ERRORS.has(extensions?.['code']))
  ) {
    response.http.status = 200;
  }
}

function hasCode(code: string): (error: GraphQLFormattedError) => boolean {
  return ({ extensions }) => extensions?.['code'] === code;
}

export function outcomeOf(body: Body): 'ok' | 'partial' | 'error' {
  if (body?.kind !== 'single') return 'ok';
  const { data, errors } = body.singleResult;
  if (errors === undefined || errors.length === 0) return 'ok';
  return data == null ? 'error' : 'partial';
}

/**
 * Apollo answers with one error a response here; the first says which variable to mend.
 * @param suggests whether it may say what was perhaps meant: names of the schema, which not everybody may ask for.
 */
export function invalidVariables(errors: readonly GraphQLError[], suggests: boolean): GraphQLError {
  const [first] = errors;
  const message = first?.message ?? 'The variables do not fit the operation.';
  return new GraphQLError(suggests ? message : withoutSuggestion(message), {
    ...(first?.nodes === undefined ? {} : { nodes: first.nodes }),
    extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } },
  });
}

/** Apollo Server does this to errors of validation only. No pattern, as values of the client are in the message. */
function withoutSuggestion(message: string): string {
  const start = message.endsWith('?') ? message.lastIndexOf(' Did you mean ') : -1;
  return start < 0 ? message : message.slice(0, start);
}

/** For a document that does not say, with the request's `operationName`, which operation to run. */
export function unresolvedOperation(operationName: string | undefined): GraphQLError {
  const message =
    operationName === undefined || operationName === ''
      ? 'Say which operation of the document to run: set operationName.'
      : `The document has no operation named ${JSON.stringify(operationName)}.`;
  return new GraphQLError(message, {
    extensions: { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } },
  });
}
