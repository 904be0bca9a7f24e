import { GraphQLError, type ValidationContext } from 'graphql';
import { GatewayError } from '../../errors.ts';

/** More errors than any validation goes on after. */
const TOO_MANY_ERRORS = 1_000;

/**
 * Refuses a document for its size, before any other rule has looked at it. A rule cannot end validation, but the number of
 * errors does: as many of ours as it takes. One is sent.
 */
export function endValidation(context: ValidationContext, message: string): void {
  const originalError = new GatewayError('DOCUMENT_LIMIT_EXCEEDED', { message });
  const error = new GraphQLError(message, { originalError });
  for (let reported = 0; reported < TOO_MANY_ERRORS; reported++) context.reportError(error);
}
