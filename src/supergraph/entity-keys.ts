import { type DocumentNode, Kind, parse, type SelectionSetNode } from 'graphql';
import { argument, joinGraphs, named } from './join-directives.ts';

/** Of a field in an entity: `id`, or `owner` and then `id`. */
export type KeyPath = readonly string[];

/** A key by which a subgraph finds an entity. */
export interface EntityKey {
  readonly subgraph: string;
  /** All of its leaves, in the order of their names. */
  readonly paths: readonly KeyPath[];
}

/** Type → the keys by which subgraphs resolve its entities; those that are only handed on are left out. */
export function readEntityKeys(document: DocumentNode): ReadonlyMap<string, readonly EntityKey[]> {
  const graphs = joinGraphs(document);
  const keys = new Map<string, EntityKey[]>();
  for (const type of document.definitions) {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION && type.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    for (const join of named(type.directives, 'join__type')) {
      const text = argument(join, 'key');
      const subgraph = graphs.get(argument(join, 'graph') ?? '')?.name;
      if (text === null || subgraph === undefined || argument(join, 'resolvable') === 'false') continue;
      const known = keys.get(type.name.value) ?? [];
      keys.set(type.name.value, [...known, Object.freeze({ subgraph, paths: keyPaths(text) })]);
    }
  }
  return keys;
}

/** The leaves of a key's field set; fragments do not occur in one. @throws GraphQLError for what is no field set */
export function keyPaths(fieldSet: string): readonly KeyPath[] {
  const [operation] = parse(`{${fieldSet}}`, { noLocation: true }).definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`"${fieldSet}" is not a field set.`);
  const paths = [...leavesOf(operation.selectionSet, [])];
  const unique = new Map(paths.map(path => [path.join('.'), path]));
  return [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => Object.freeze(path));
}

function* leavesOf({ selections }: SelectionSetNode, above: KeyPath): Generator<KeyPath> {
  for (const selection of selections) {
    if (selection.kind !== Kind.FIELD) continue;
    const path = [...above, selection.name.value];
    if (selection.selectionSet === undefined) yield path;
    else yield* leavesOf(selection.selectionSet, path);
  }
}
