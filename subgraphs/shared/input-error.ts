import { GraphQLError } from 'graphql';

/*
 * Clients and gateways act on `code`, never on the text. `field` names the argument at fault, with dots
 * into input objects, so that a form can put the message beside the right box.
 */

export function badUserInput(message: string, field: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', field } });
}

export function notFound(message: string, field: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'NOT_FOUND', field } });
}
