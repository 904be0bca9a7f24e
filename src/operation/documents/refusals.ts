import { GraphQLError } from 'graphql';

/** A request that does not say clearly which document it means. */
export function badRequest(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_REQUEST', http: { status: 400 } } });
}

/**
 * Answers of the APQ protocol, to the letter: clients compare the messages. Status 200 and this header are what
 * Apollo Server sends, as a 4xx would be taken for the network's.
 */
export function persistedQueryNotFound(): GraphQLError {
  return apqAnswer('PersistedQueryNotFound', 'PERSISTED_QUERY_NOT_FOUND');
}

export function persistedQueryNotSupported(): GraphQLError {
  return apqAnswer('PersistedQueryNotSupported', 'PERSISTED_QUERY_NOT_SUPPORTED');
}

function apqAnswer(message: string, code: string): GraphQLError {
  const headers = new Map([['cache-control', 'private, no-cache, must-revalidate']]);
  return new GraphQLError(message, { extensions: { code, http: { status: 200, headers } } });
}
