import { type ASTNode, type DocumentNode, Kind, type Location } from 'graphql';

/** Where a node of a subgraph's schema is, as `file:line:column`. */
export function placeOf(location: Location): string {
  const { line, column } = location.startToken;
  return `${location.source.name}:${line}:${column}`;
}

/**
 * The schema coordinate (https://github.com/graphql/graphql-wg/blob/main/rfcs/SchemaCoordinates.md) of what
 * stands at an offset: `Type`, `Type.field` or `Type.field(argument:)`. Composition reports bare nodes, and a
 * node does not know its parent.
 */
export function coordinateAt(document: DocumentNode, offset: number): string | null {
  const definition = document.definitions.find(node => covers(node, offset));
  if (definition === undefined || !('name' in definition) || definition.name === undefined) return null;
  const type = definition.name.value;
  if (definition.kind === Kind.DIRECTIVE_DEFINITION) return `@${type}`;
  const members = [
    ...('fields' in definition ? (definition.fields ?? []) : []),
    ...('values' in definition ? (definition.values ?? []) : []),
  ];
  const member = members.find(node => covers(node, offset));
  if (member === undefined) return type;
  const argument =
    'arguments' in member ? member.arguments?.find(node => covers(node, offset))?.name.value : undefined;
  const field = `${type}.${member.name.value}`;
  return argument === undefined ? field : `${field}(${argument}:)`;
}

function covers({ loc }: ASTNode, offset: number): boolean {
  return loc !== undefined && loc.start <= offset && offset < loc.end;
}
