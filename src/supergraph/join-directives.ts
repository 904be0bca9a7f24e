import { type DirectiveNode, type DocumentNode, Kind } from 'graphql';

/** The directives of one name on a definition. */
export function named<D extends DirectiveNode>(
  directives: readonly D[] | undefined,
  name: string,
): readonly D[] {
  return (directives ?? []).filter(directive => directive.name.value === name);
}

/** The text of a string, enum or Boolean argument. */
export function argument(directive: DirectiveNode, name: string): string | null {
  const value = directive.arguments?.find(given => given.name.value === name)?.value;
  return value !== undefined && 'value' in value ? String(value.value) : null;
}

export interface JoinGraph {
  readonly name: string;
  /** Empty when none was composed. */
  readonly url: string;
}

/** The subgraphs by their value of the join__Graph enum. */
export function joinGraphs(document: DocumentNode): ReadonlyMap<string, JoinGraph> {
  const graphs = new Map<string, JoinGraph>();
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.ENUM_TYPE_DEFINITION || definition.name.value !== 'join__Graph') continue;
    for (const value of definition.values ?? []) {
      const [graph] = named(value.directives, 'join__graph');
      const name = graph === undefined ? null : argument(graph, 'name');
      if (graph !== undefined && name !== null) {
        graphs.set(value.name.value, { name, url: argument(graph, 'url') ?? '' });
      }
    }
  }
  return graphs;
}
