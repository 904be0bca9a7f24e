import type { GraphQLSchema } from 'graphql';
import { objectTypesOf } from '../../shared/object-types.ts';
import type { FieldPlace } from '../field-places.ts';

/** What says who resolves a field: coordinate → subgraphs, and coordinate → what its `@requires` read. */
export interface FieldSources {
  readonly owners: ReadonlyMap<string, readonly string[]>;
  readonly requires: ReadonlyMap<string, readonly string[]>;
}

/**
 * Subgraphs that a plan is likely to need, known before there is one: those that alone resolve a selected field, or
 * what it requires. Of a field that several resolve none is added where one of them is needed anyway, as planners stay
 * where they are; otherwise each, as any may be asked.
 */
export function touchedSubgraphs(
  fields: readonly FieldPlace[],
  schema: GraphQLSchema,
  { owners, requires }: FieldSources,
): ReadonlySet<string> {
  const needed = new Set<string>();
  const open: (readonly string[])[] = [];
  const visit = (coordinate: string): void => {
    const names = owners.get(coordinate) ?? [];
    const [only] = names;
    if (names.length === 1 && only !== undefined) needed.add(only);
    else open.push(names);
  };
  for (const { parentType, field } of fields) {
    for (const { name } of objectTypesOf(parentType, schema)) {
      const coordinate = `${name}.${field.name}`;
      visit(coordinate);
      for (const required of requires.get(coordinate) ?? []) visit(required);
    }
  }
  for (const names of open) {
    if (!names.some(name => needed.has(name))) for (const name of names) needed.add(name);
  }
  return needed;
}
