import { GraphQLError, type ValidationRule } from 'graphql';

/** Says what is missing where the general rule would say that the directive is unknown. */
export const noIncrementalDelivery: ValidationRule = context => ({
  Directive(node) {
    const name = node.name.value;
    if (name !== 'defer' && name !== 'stream') return;
    context.reportError(
      new GraphQLError(`@${name} is not supported by this gateway yet. Send the operation without it.`, {
        nodes: node,
      }),
    );
  },
});
