import { type DocumentNode, Kind, parse, type SelectionSetNode } from 'graphql';
import { argument, joinGraphs, named } from '../../../supergraph/join-directives.ts';

/** What plans are mended by: how subgraphs see their types. Subgraphs go by the names that plans use. */
export interface JoinFacts {
  /** Whether the subgraph knows the interface as an object, so that it cannot tell what its objects are. */
  isInterfaceObject(subgraph: string, typeName: string): boolean;
  /** What the subgraph needs to resolve the field beyond a key; null when nothing. */
  requiresOf(subgraph: string, typeName: string, fieldName: string): SelectionSetNode | null;
  /** Names of the fields in the keys of the subgraph's type. */
  keyFieldsOf(subgraph: string, typeName: string): ReadonlySet<string>;
}

/** @param sdl the supergraph as the planner has it. */
export function readJoinFacts(sdl: string | DocumentNode): JoinFacts {
  const document = typeof sdl === 'string' ? parse(sdl, { noLocation: true }) : sdl;
  const graphs = joinGraphs(document);
  const interfaceObjects = new Set<string>();
  const requires = new Map<string, SelectionSetNode>();
  const keys = new Map<string, Set<string>>();
  for (const type of document.definitions) {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION && type.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    for (const join of named(type.directives, 'join__type')) {
      const place = `${graphs.get(argument(join, 'graph') ?? '')?.name} ${type.name.value}`;
      if (argument(join, 'isInterfaceObject') === 'true') interfaceObjects.add(place);
      const key = argument(join, 'key');
      const fields = keys.get(place) ?? new Set();
      if (key !== null) for (const name of fieldNames(parseFieldSet(key))) fields.add(name);
      keys.set(place, fields);
    }
    for (const field of type.fields ?? []) {
      for (const join of named(field.directives, 'join__field')) {
        const fieldSet = argument(join, 'requires');
        const subgraph = graphs.get(argument(join, 'graph') ?? '')?.name;
        if (fieldSet !== null)
          requires.set(`${subgraph} ${type.name.value}.${field.name.value}`, parseFieldSet(fieldSet));
      }
    }
  }
  const none: ReadonlySet<string> = new Set();
  return {
    isInterfaceObject: (subgraph, typeName) => interfaceObjects.has(`${subgraph} ${typeName}`),
    requiresOf: (subgraph, typeName, fieldName) =>
      requires.get(`${subgraph} ${typeName}.${fieldName}`) ?? null,
    keyFieldsOf: (subgraph, typeName) => keys.get(`${subgraph} ${typeName}`) ?? none,
  };
}

export function parseFieldSet(fieldSet: string): SelectionSetNode {
  const [operation] = parse(`{${fieldSet}}`, { noLocation: true }).definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError(`"${fieldSet}" is no field set`);
  return operation.selectionSet;
}

function fieldNames({ selections }: SelectionSetNode): string[] {
  return selections.flatMap(selection => {
    if (selection.kind === Kind.FIELD) return [selection.name.value];
    return selection.kind === Kind.INLINE_FRAGMENT ? fieldNames(selection.selectionSet) : [];
  });
}
