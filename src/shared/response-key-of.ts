import type { FieldNode } from 'graphql';

/** Under what an answer has a field: its alias, or its name (GraphQL specification, section 2.7). */
export function responseKeyOf({ alias, name }: Pick<FieldNode, 'alias' | 'name'>): string {
  return alias?.value ?? name.value;
}
