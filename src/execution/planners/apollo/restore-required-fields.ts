import { Kind, parse, print, stripIgnoredCharacters, visit } from 'graphql';
import type { ExecutionPlan, FetchPlan, RequiredSelection } from '../../plan.ts';
import type { RequiredField } from './supergraph-for-apollo.ts';

/**
 * Turns the synthetic fields of the planner's supergraph back: subgraphs are asked for the real field, under
 * the synthetic name as alias, and representations have its value under the real name.
 */
export function restoreRequiredFields(
  plan: ExecutionPlan,
  fields: ReadonlyMap<string, RequiredField>,
): ExecutionPlan {
  if (fields.size === 0) return plan;
  const restore = (node: ExecutionPlan): ExecutionPlan => {
    switch (node.kind) {
      case 'sequence':
      case 'parallel':
        return { ...node, nodes: node.nodes.map(restore) };
      case 'condition':
        return {
          ...node,
          ifTrue: node.ifTrue === null ? null : restore(node.ifTrue),
          ifFalse: node.ifFalse === null ? null : restore(node.ifFalse),
        };
      case 'fetch':
        return restoreFetch(node, fields);
    }
  };
  return restore(plan);
}

function restoreFetch(fetch: FetchPlan, fields: ReadonlyMap<string, RequiredField>): FetchPlan {
  const requires = (selection: RequiredSelection): RequiredSelection => {
    const selections = selection.selections?.map(requires) ?? null;
    if (selection.kind === 'types') return { ...selection, selections: selections ?? [] };
    return { ...selection, selections, name: fields.get(selection.name)?.name ?? selection.name };
  };
  const { target } = fetch;
  return {
    ...fetch,
    operation: restoreOperation(fetch.operation, fields),
    target:
      target.kind === 'root'
        ? target
        : {
            ...target,
            groups: target.groups.map(group => ({ ...group, requires: group.requires.map(requires) })),
          },
  };
}

function restoreOperation(text: string, fields: ReadonlyMap<string, RequiredField>): string {
  if (![...fields.keys()].some(name => text.includes(name))) return text;
  const restored = visit(parse(text, { noLocation: true }), {
    Field(node) {
      const field = fields.get(node.name.value);
      if (field === undefined) return undefined;
      const alias = node.alias ?? node.name;
      return { ...node, alias, name: { kind: Kind.NAME, value: field.name }, arguments: field.arguments };
    },
  });
  return stripIgnoredCharacters(print(restored));
}
