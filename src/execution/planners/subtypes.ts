import { type GraphQLSchema, isAbstractType } from 'graphql';

/** Whether objects of type `name` satisfy a condition on type `of` (the same type, or a member or implementation). */
export type SubtypeCheck = (name: string, of: string) => boolean;

/** @param schema the supergraph, as conditions may name types that no client sees. */
export function subtypesOf(schema: GraphQLSchema): SubtypeCheck {
  return (name, of) => {
    if (name === of) return true;
    const condition = schema.getType(of);
    const type = schema.getType(name);
    if (!isAbstractType(condition) || type === undefined) return false;
    return 'getInterfaces' in type || 'getFields' in type
      ? schema.isSubType(condition, type as Parameters<typeof schema.isSubType>[1])
      : false;
  };
}
