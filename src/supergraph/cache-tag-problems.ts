import { type DocumentNode, Kind, type TypeNode } from 'graphql';
import { elementsOf } from './coordinates.ts';
import { type KeyPath, keyPaths } from './entity-keys.ts';
import { linkedDirective } from './feature-names.ts';
import { argument, joinGraphs, named } from './join-directives.ts';
import type { TagFormat, TagPlaceholder } from './tag-format.ts';
import { indexTypes, objectionToPath, type TypeIndex } from './type-index.ts';

/** Why a format on an element would have a placeholder that nothing fills, or null. */
type ObjectionTo = (format: TagFormat, coordinate: string, subgraphs: readonly string[]) => string | null;

/** Of the schema of one subgraph, or of a supergraph. */
export function objectionsIn(document: DocumentNode): ObjectionTo {
  const types = indexTypes(document);
  const keysOf = keysIn(document);
  return (format, coordinate, subgraphs) => {
    const [type = '', field] = coordinate.split('.');
    for (const part of format) {
      if (typeof part === 'string') continue;
      const reason =
        field === undefined
          ? objectionOnType(part, { type, keys: keysOf(type, subgraphs) }, types)
          : objectionOnField(part, { type, field }, types);
      if (reason !== null) return `has {$${part.from}.${part.path.join('.')}}, ${reason}`;
    }
    return null;
  };
}

/** A representation has one of the keys: with the others the entity is known, too, but not by this tag. */
function objectionOnType(
  { from, path }: TagPlaceholder,
  { type, keys }: { readonly type: string; readonly keys: readonly string[] },
  types: TypeIndex,
): string | null {
  if (from === 'args') return 'but a type has no arguments; write {$key.field}';
  if (keys.length === 0) return `but ${type} has no @key by which it is resolved`;
  const isInKey = keys.flatMap(leavesOf).some(leaf => leaf.join('.') === path.join('.'));
  if (!isInKey) return `which no @key of ${type} has; there are ${keys.map(key => `"${key}"`).join(', ')}`;
  const itself: TypeNode = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: type } };
  const reason = objectionToPath(path, itself, types);
  return reason === null ? null : `which ${reason}`;
}

/** What is no field set composition tells of. */
function leavesOf(key: string): readonly KeyPath[] {
  try {
    return keyPaths(key);
  } catch {
    return [];
  }
}

function objectionOnField(
  { from, path: [name = '', ...below] }: TagPlaceholder,
  { type, field }: { readonly type: string; readonly field: string },
  types: TypeIndex,
): string | null {
  if (from === 'key') return 'but a field has no key; write {$args.argument}, or tag the type';
  const known = types.get(type)?.fields.get(field)?.arguments ?? [];
  const given = known.find(parameter => parameter.name.value === name);
  if (given === undefined) {
    const names = known.map(parameter => parameter.name.value).join(', ');
    return names === '' ? 'but the field has no arguments' : `but its arguments are ${names}`;
  }
  const reason = objectionToPath(below, given.type, types);
  return reason === null ? null : `which ${reason}`;
}

/** The field sets of a type's keys: of its `@key`s, or, in a supergraph, of the keys that some subgraphs have. */
function keysIn(document: DocumentNode): (type: string, subgraphs: readonly string[]) => readonly string[] {
  const name = linkedDirective(document, 'https://specs.apollo.dev/federation', 'key') ?? 'key';
  const graphs = joinGraphs(document);
  const keys = new Map<string, { readonly fields: string; readonly subgraph: string | null }[]>();
  for (const { coordinate, directives } of elementsOf(document)) {
    if (coordinate.includes('.')) continue;
    for (const directive of [...named(directives, name), ...named(directives, 'join__type')]) {
      const fields = argument(directive, 'fields') ?? argument(directive, 'key');
      if (fields === null || argument(directive, 'resolvable') === 'false') continue;
      const subgraph = graphs.get(argument(directive, 'graph') ?? '')?.name ?? null;
      keys.set(coordinate, [...(keys.get(coordinate) ?? []), { fields, subgraph }]);
    }
  }
  return (type, subgraphs) =>
    (keys.get(type) ?? [])
      .filter(({ subgraph }) => subgraph === null || subgraphs.length === 0 || subgraphs.includes(subgraph))
      .map(({ fields }) => fields);
}
