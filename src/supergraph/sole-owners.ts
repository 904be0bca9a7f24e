import { type DirectiveNode, type DocumentNode, type FieldDefinitionNode, Kind } from 'graphql';
import { argument, joinGraphs, named } from './join-directives.ts';

/**
 * Coordinate → name of the subgraph, for the fields that only one subgraph resolves: whose fault it is when
 * such a field has a value that does not fit. Reads join__type and join__field of the join spec.
 */
export function soleOwners(document: DocumentNode): ReadonlyMap<string, string> {
  const graphs = joinGraphs(document);
  const owners = new Map<string, string>();
  for (const type of document.definitions) {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION && type.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    const ofType = graphsIn(type.directives, 'join__type');
    for (const field of type.fields ?? []) {
      const [graph, ...others] = resolvers(field) ?? ofType;
      const name = others.length === 0 && graph !== undefined ? graphs.get(graph)?.name : undefined;
      if (name !== undefined) owners.set(`${type.name.value}.${field.name.value}`, name);
    }
  }
  return owners;
}

/** The graphs that a field's join__field directives name, or null when all of its type's graphs resolve it. */
function resolvers(field: FieldDefinitionNode): readonly string[] | null {
  const joins = named(field.directives, 'join__field');
  const resolving = joins.filter(join => !isTrue(join, 'external') && !isTrue(join, 'usedOverridden'));
  return joins.length === 0 ? null : graphsIn(resolving, 'join__field');
}

function graphsIn(directives: readonly DirectiveNode[] | undefined, name: string): readonly string[] {
  const graphs = named(directives, name).map(directive => argument(directive, 'graph'));
  return [...new Set(graphs)].filter(graph => graph !== null);
}

function isTrue(directive: DirectiveNode, name: string): boolean {
  return argument(directive, name) === 'true';
}
