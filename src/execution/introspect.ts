import { type DocumentNode, execute, type GraphQLSchema } from 'graphql';
import type { Json, JsonObject } from '../shared/json.ts';
import { boundIntrospection } from './bound-introspection.ts';

/**
 * Answers the introspection part of an operation from the API schema of the caller's contract.
 * @throws GatewayError DOCUMENT_LIMIT_EXCEEDED
 */
export function introspect(
  schema: GraphQLSchema,
  document: DocumentNode,
  variableValues: Readonly<Record<string, Json>>,
): JsonObject {
  boundIntrospection(schema, document, variableValues);
  const result = execute({ schema, document, variableValues });
  if (result instanceof Promise) throw new TypeError('introspection has no asynchronous resolvers');
  return { ...(result.data as JsonObject | null) };
}
