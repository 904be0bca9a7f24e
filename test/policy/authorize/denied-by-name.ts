import { type DocumentNode, type FieldNode, type GraphQLSchema, Kind, parse, visit } from 'graphql';
import { removeDenied } from '../../../src/policy/authorize/remove-denied.ts';
import { responseKeyOf } from '../../../src/shared/response-key-of.ts';

/** An operation in which the fields are denied whose response key begins with `no`. */
export function deniedByName(query: string, schema: GraphQLSchema) {
  const document: DocumentNode = parse(query);
  const [definition] = document.definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('the operation comes first');
  const denied = new Map<FieldNode, number>();
  visit(document, {
    Field(node) {
      if (responseKeyOf(node).startsWith('no')) denied.set(node, denied.size);
    },
  });
  return { document, definition, denied, removed: removeDenied({ document, definition, schema, denied }) };
}
