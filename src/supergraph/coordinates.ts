import type { ConstDirectiveNode, DocumentNode } from 'graphql';

export interface DirectedElement {
  /** `Type`, `Type.member` or `Type.field(argument:)`. */
  readonly coordinate: string;
  readonly directives: readonly ConstDirectiveNode[];
}

/** Every type, field, input field, enum value and argument of a document, type extensions included. */
export function* elementsOf(document: DocumentNode): Generator<DirectedElement> {
  for (const type of document.definitions) {
    // Schema definitions have no name; directive definitions have one but are no types, and carry no directives.
    if (!('name' in type) || type.name === undefined || !('directives' in type)) continue;
    if (type.kind === 'OperationDefinition' || type.kind === 'FragmentDefinition') continue;
    const parent = type.name.value;
    yield { coordinate: parent, directives: type.directives ?? [] };
    const members = [
      ...('fields' in type ? (type.fields ?? []) : []),
      ...('values' in type ? (type.values ?? []) : []),
    ];
    for (const member of members) {
      const coordinate = `${parent}.${member.name.value}`;
      yield { coordinate, directives: member.directives ?? [] };
      for (const argument of 'arguments' in member ? (member.arguments ?? []) : []) {
        yield {
          coordinate: `${coordinate}(${argument.name.value}:)`,
          directives: argument.directives ?? [],
        };
      }
    }
  }
}
