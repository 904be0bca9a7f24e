import { type GraphQLSchema, isAbstractType, isInterfaceType } from 'graphql';

/** Whether objects of type `name` satisfy a condition on type `of` (the same type, or a member or implementation). */
export type SubtypeCheck = (name: string, of: string) => boolean;

/** How the types of a supergraph relate; it knows those that no client sees too. */
export interface TypeRelations {
  readonly isSubtype: SubtypeCheck;
  /** Every type name that an object under a condition on `of` may go by, `of` itself among them. */
  readonly namesUnder: (of: string) => readonly string[];
}

export function typeRelationsOf(schema: GraphQLSchema): TypeRelations {
  return {
    isSubtype: (name, of) => {
      if (name === of) return true;
      const condition = schema.getType(of);
      const type = schema.getType(name);
      if (!isAbstractType(condition) || type === undefined) return false;
      return 'getInterfaces' in type || 'getFields' in type
        ? schema.isSubType(condition, type as Parameters<typeof schema.isSubType>[1])
        : false;
    },
    namesUnder: of => {
      const type = schema.getType(of);
      if (!isAbstractType(type)) return [of];
      const interfaces = isInterfaceType(type) ? schema.getImplementations(type).interfaces : [];
      return [
        of,
        ...interfaces.map(({ name }) => name),
        ...schema.getPossibleTypes(type).map(({ name }) => name),
      ];
    },
  };
}
