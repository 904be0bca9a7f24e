import type { DirectiveNode, DocumentNode, EnumTypeDefinitionNode, FieldDefinitionNode } from 'graphql';
import { Kind } from 'graphql';

/**
 * Coordinate → name of the subgraph, for the fields that only one subgraph resolves: whose fault it is when
 * such a field has a value that does not fit. Reads join__type and join__field of the join spec.
 */
export function soleOwners(document: DocumentNode): ReadonlyMap<string, string> {
  const names = graphNames(document);
  const owners = new Map<string, string>();
  for (const type of document.definitions) {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION && type.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    const ofType = graphsIn(type.directives, 'join__type');
    for (const field of type.fields ?? []) {
      const [graph, ...others] = resolvers(field) ?? ofType;
      const name = others.length === 0 && graph !== undefined ? names.get(graph) : undefined;
      if (name !== undefined) owners.set(`${type.name.value}.${field.name.value}`, name);
    }
  }
  return owners;
}

/** The graphs that a field's join__field directives name, or null when all of its type's graphs resolve it. */
function resolvers(field: FieldDefinitionNode): readonly string[] | null {
  const joins = field.directives?.filter(({ name }) => name.value === 'join__field') ?? [];
  const resolving = joins.filter(join => !isTrue(join, 'external') && !isTrue(join, 'usedOverridden'));
  return joins.length === 0 ? null : graphsIn(resolving, 'join__field');
}

function graphsIn(directives: readonly DirectiveNode[] | undefined, name: string): readonly string[] {
  const graphs = (directives ?? []).flatMap(directive => {
    const graph = directive.arguments?.find(argument => argument.name.value === 'graph')?.value;
    return directive.name.value === name && graph?.kind === Kind.ENUM ? [graph.value] : [];
  });
  return [...new Set(graphs)];
}

function isTrue(directive: DirectiveNode, name: string): boolean {
  const value = directive.arguments?.find(argument => argument.name.value === name)?.value;
  return value?.kind === Kind.BOOLEAN && value.value;
}

/** Value of the join__Graph enum → the subgraph's name. */
function graphNames(document: DocumentNode): ReadonlyMap<string, string> {
  const isGraphs = (definition: DocumentNode['definitions'][number]): definition is EnumTypeDefinitionNode =>
    definition.kind === Kind.ENUM_TYPE_DEFINITION && definition.name.value === 'join__Graph';
  const names = new Map<string, string>();
  for (const value of document.definitions.find(isGraphs)?.values ?? []) {
    const name = value.directives?.[0]?.arguments?.find(argument => argument.name.value === 'name')?.value;
    if (name?.kind === Kind.STRING) names.set(value.name.value, name.value);
  }
  return names;
}
