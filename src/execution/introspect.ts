import { type DocumentNode, execute, type GraphQLSchema } from 'graphql';
import type { Json, JsonObject } from '../shared/json.ts';

/** Answers the introspection part of an operation from the API schema of the caller's contract. */
export function introspect(
  schema: GraphQLSchema,
  document: DocumentNode,
  variableValues: Readonly<Record<string, Json>>,
): JsonObject {
  const result = execute({ schema, document, variableValues });
  if (result instanceof Promise) throw new TypeError('introspection has no asynchronous resolvers');
  return { ...(result.data as JsonObject | null) };
}
