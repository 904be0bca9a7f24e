import { type DocumentNode, Kind, visit } from 'graphql';
import type { Json } from '../../../shared/json.ts';

/** Name of a variable in the planners' copy of an operation → the client's name for it. */
export type VariableNames = ReadonlyMap<string, string>;

/** What planners call the variables that they add to a fetch, without looking whether the client's are called so. */
const OF_PLANNERS = /^(representations$|__)/;

/** Renames the variables of an operation that could be taken for a planner's. Most operations have none. */
export function renameVariables(document: DocumentNode): { document: DocumentNode; names: VariableNames } {
  const used = document.definitions.flatMap(definition =>
    definition.kind === Kind.OPERATION_DEFINITION
      ? (definition.variableDefinitions ?? []).map(({ variable }) => variable.name.value)
      : [],
  );
  const replacements = new Map<string, string>();
  for (const name of used) {
    if (!OF_PLANNERS.test(name)) continue;
    let candidate = `w_${name}`;
    while (used.includes(candidate)) candidate = `w_${candidate}`;
    replacements.set(name, candidate);
  }
  const names = new Map([...replacements].map(([name, replacement]) => [replacement, name]));
  if (names.size === 0) return { document, names };
  const renamed = visit(document, {
    Variable(node) {
      const value = replacements.get(node.name.value);
      return value === undefined ? undefined : { ...node, name: { ...node.name, value } };
    },
  });
  return { document: renamed, names };
}

/** A request's variables under the client's names and under the planners'. */
export function withPlannerNames(
  variables: Readonly<Record<string, Json>>,
  names: VariableNames,
): Readonly<Record<string, Json>> {
  if (names.size === 0) return variables;
  const all: Record<string, Json> = Object.assign(Object.create(null), variables);
  for (const [planned, given] of names) {
    const value = variables[given];
    if (value !== undefined) all[planned] = value;
  }
  return all;
}
