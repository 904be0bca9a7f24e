import { GraphQLError, type ValidationRule } from 'graphql';
import { GatewayError } from '../errors.ts';

/** Says what is missing where the general rule would say that the directive is unknown. */
export const noIncrementalDelivery: ValidationRule = context => ({
  Directive(node) {
    const name = node.name.value;
    if (name !== 'defer' && name !== 'stream') return;
    const message = `@${name} is not supported by this gateway yet. Send the operation without it.`;
    const originalError = new GatewayError('UNSUPPORTED_OPERATION', { message });
    context.reportError(new GraphQLError(message, { nodes: node, originalError }));
  },
});
