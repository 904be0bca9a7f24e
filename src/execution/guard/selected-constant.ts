import { type FieldNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';
import { isJsonObject, type Json, type JsonObject } from '../../shared/json.ts';
import { responseKeyOf } from '../../shared/response-key-of.ts';

/**
 * A constant in the form in which a subgraph would have answered a field: under its response keys, and no more of it
 * than was asked for. @param value by the names of the schema
 */
export function selectedConstant(
  value: Json,
  node: FieldNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): Json {
  const { selectionSet } = node;
  if (selectionSet === undefined) return structuredClone(value);
  if (Array.isArray(value)) return value.map(item => selectedConstant(item, node, fragments));
  if (!isJsonObject(value)) return null;
  const selected: JsonObject = {};
  select(value, selectionSet, { fragments, selected });
  return selected;
}

interface Selecting {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly selected: JsonObject;
}

function select(value: JsonObject, set: SelectionSetNode, selecting: Selecting): void {
  const { fragments, selected } = selecting;
  for (const node of set.selections) {
    if (node.kind === Kind.FIELD) {
      selected[responseKeyOf(node)] = selectedConstant(value[node.name.value] ?? null, node, fragments);
      continue;
    }
    const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : fragments.get(node.name.value);
    // What a fragment has for other types is not looked at, as no type of the constant selects it.
    if (fragment !== undefined) select(value, fragment.selectionSet, selecting);
  }
}
