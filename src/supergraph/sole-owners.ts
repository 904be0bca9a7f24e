import { type DirectiveNode, type DocumentNode, type FieldDefinitionNode, Kind } from 'graphql';
import { argument, joinGraphs, named } from './join-directives.ts';

/**
 * Coordinate → name of the subgraph, for the fields that only one subgraph resolves: whose fault it is when
 * such a field has a value that does not fit.
 */
export function soleOwners(document: DocumentNode): ReadonlyMap<string, string> {
  const sole = new Map<string, string>();
  for (const [coordinate, [first, ...others]] of fieldOwners(document)) {
    if (first !== undefined && others.length === 0) sole.set(coordinate, first);
  }
  return sole;
}

/** Coordinate → names of the subgraphs that resolve the field. Reads join__type and join__field of the join spec. */
export function fieldOwners(document: DocumentNode): ReadonlyMap<string, readonly string[]> {
  const graphs = joinGraphs(document);
  const owners = new Map<string, readonly string[]>();
  for (const type of document.definitions) {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION && type.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    const ofType = graphsIn(type.directives, 'join__type');
    for (const field of type.fields ?? []) {
      const names = (resolvers(field) ?? ofType).map(graph => graphs.get(graph)?.name);
      owners.set(
        `${type.name.value}.${field.name.value}`,
        names.filter(name => name !== undefined),
      );
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
