import { type ConstDirectiveNode, Kind, parse } from 'graphql';
import type { SubgraphName } from '../../subgraphs/start-subgraph.ts';

/** Which subgraph resolves a field; `preferred` where several could. Throws when none does. */
export type FieldOwners = (typeName: string, fieldName: string, preferred?: SubgraphName) => SubgraphName;

interface JoinedType {
  readonly interfaces: readonly string[];
  readonly fields: ReadonlyMap<string, readonly SubgraphName[]>;
}

function argumentOf(directive: ConstDirectiveNode, name: string): string | boolean | null {
  const value = directive.arguments?.find(argument => argument.name.value === name)?.value;
  if (value?.kind === Kind.ENUM || value?.kind === Kind.STRING || value?.kind === Kind.BOOLEAN)
    return value.value;
  return null;
}

function graphsOf(directives: readonly ConstDirectiveNode[]): SubgraphName[] {
  return directives
    .filter(directive => argumentOf(directive, 'external') !== true)
    .filter(directive => argumentOf(directive, 'usedOverridden') !== true)
    .map(directive => argumentOf(directive, 'graph'))
    .filter(graph => typeof graph === 'string')
    .map(graph => graph.toLowerCase() as SubgraphName);
}

function named(directives: readonly ConstDirectiveNode[] | undefined, name: string): ConstDirectiveNode[] {
  return (directives ?? []).filter(directive => directive.name.value === name);
}

function readTypes(supergraphSdl: string): ReadonlyMap<string, JoinedType> {
  const types = new Map<string, JoinedType>();
  for (const definition of parse(supergraphSdl).definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION)
      continue;
    const everywhere = graphsOf(named(definition.directives, 'join__type'));
    const fields = (definition.fields ?? []).map(field => {
      const joins = named(field.directives, 'join__field');
      return [field.name.value, joins.length === 0 ? everywhere : graphsOf(joins)] as const;
    });
    const interfaces = (definition.interfaces ?? []).map(({ name }) => name.value);
    types.set(definition.name.value, { interfaces, fields: new Map(fields) });
  }
  return types;
}

/** Reads the owners out of the join directives that composition wrote. */
export function createFieldOwners(supergraphSdl: string): FieldOwners {
  const types = readTypes(supergraphSdl);
  return (typeName, fieldName, preferred) => {
    const type = types.get(typeName);
    const own = type?.fields.get(fieldName) ?? [];
    // A field added through @interfaceObject names no graph on the implementations, only on the interface.
    const inherited = (type?.interfaces ?? []).flatMap(name => types.get(name)?.fields.get(fieldName) ?? []);
    const owners = own.length > 0 ? own : inherited;
    const owner = preferred && owners.includes(preferred) ? preferred : owners[0];
    if (!owner) throw new Error(`no subgraph resolves ${typeName}.${fieldName}`);
    return owner;
  };
}
