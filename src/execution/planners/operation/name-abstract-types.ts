import {
  type DocumentNode,
  type GraphQLSchema,
  isAbstractType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { TYPENAME_FIELD } from '../../../shared/typename-field.ts';

/**
 * Whether an interface or union has members that clients must not see (`@inaccessible`, or left out of a
 * contract). Objects of such types come back among the others, and only their names tell.
 */
export function hidesMembers(apiSchema: GraphQLSchema, supergraph: GraphQLSchema): boolean {
  return Object.values(apiSchema.getTypeMap()).some(type => {
    const whole = supergraph.getType(type.name);
    if (!isAbstractType(type) || !isAbstractType(whole)) return false;
    return supergraph.getPossibleTypes(whole).length > apiSchema.getPossibleTypes(type).length;
  });
}

/** Has the type of every object asked for whose type may vary: planners ask only where a selection depends on it. */
export function nameAbstractTypes(document: DocumentNode, schema: GraphQLSchema): DocumentNode {
  const types = new TypeInfo(schema);
  return visit(
    document,
    visitWithTypeInfo(types, {
      SelectionSet: set =>
        isAbstractType(types.getParentType())
          ? { ...set, selections: [...set.selections, TYPENAME_FIELD] }
          : undefined,
    }),
  );
}
