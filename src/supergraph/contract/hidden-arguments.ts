import { type GraphQLSchema, isInterfaceType, isObjectType } from 'graphql';
import { isKept } from './reach.ts';
import type { Selection, TagRules } from './select-by-tags.ts';

/** Coordinates of the arguments, of fields and of directives, that a contract is without. */
export function hiddenArguments(
  schema: GraphQLSchema,
  kept: Selection,
  rules: TagRules,
): ReadonlySet<string> {
  const hidden = new Set<string>();
  for (const directive of schema.getDirectives()) {
    for (const { name, type } of directive.args) {
      if (!isKept(type, kept)) hidden.add(`@${directive.name}(${name}:)`);
    }
  }
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    const ofInterfaces = type.getInterfaces().filter(({ name }) => kept.has(name));
    for (const field of kept.get(type.name) ?? []) {
      for (const argument of type.getFields()[field]?.args ?? []) {
        const place = `${field}(${argument.name}:)`;
        if (isKept(argument.type, kept) && !rules.isExcluded(`${type.name}.${place}`)) continue;
        hidden.add(`${type.name}.${place}`);
        // An implementation must take what its interface takes. All interfaces are declared, so one step is enough.
        for (const { name } of ofInterfaces) hidden.add(`${name}.${place}`);
      }
    }
  }
  return hidden;
}
