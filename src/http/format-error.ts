import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { type ErrorCode, GatewayError, GENERIC_MESSAGE } from '../errors.ts';

/** What graphql's parser says when `maxTokens` is passed; it has no code of its own. */
const TOO_MANY_TOKENS = /^Syntax Error: Document contains more tha[nt] \d+ tokens/;

/** Apollo Server tells clients how it is to be configured, which is done in another place here. */
const NO_INTROSPECTION =
  'Introspection is not allowed here; `personas.<name>.introspection`, or `operation.introspection`, of the gateway allow it.';

/** The last word on an error: internal messages are masked, and refusals of ours keep the code that Apollo replaced. */
export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const { message, extensions } = formatted;
  const code = extensions?.['code'];
  if (code === 'INTERNAL_SERVER_ERROR') return { ...formatted, message: GENERIC_MESSAGE };
  if (code === 'GRAPHQL_PARSE_FAILED' && TOO_MANY_TOKENS.test(message)) {
    return withCode(formatted, 'DOCUMENT_LIMIT_EXCEEDED');
  }
  if (extensions?.['validationErrorCode'] === 'INTROSPECTION_DISABLED')
    return { ...formatted, message: NO_INTROSPECTION };
  // Apollo puts its own code on whatever a validation rule reports.
  if (code === 'GRAPHQL_VALIDATION_FAILED' && error instanceof GraphQLError) {
    const { originalError } = error;
    if (originalError instanceof GatewayError) return withCode(formatted, originalError.code);
  }
  return formatted;
}

function withCode(formatted: GraphQLFormattedError, code: ErrorCode): GraphQLFormattedError {
  return { ...formatted, extensions: { ...formatted.extensions, code } };
}
