import { GraphQLError, type ValidationRule, type ValueNode } from 'graphql';

/**
 * Refuses numbers that are none any more once they are read: graphql-js lets them pass as Infinity, for which there is
 * no JSON, and planners cannot write them. The message quotes nothing: such a number may be a megabyte.
 */
export const finiteNumbers: ValidationRule = context => {
  const check = (node: ValueNode & { readonly value: string }): void => {
    if (Number.isFinite(Number(node.value))) return;
    context.reportError(
      new GraphQLError('The number is too large: none may be beyond 1.7e308.', { nodes: node }),
    );
  };
  return { IntValue: check, FloatValue: check };
};
