import {
  type ArgumentNode,
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type FieldNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  type SelectionNode,
  type SelectionSetNode,
  type TypeNode,
  visit,
} from 'graphql';
import { argument, named } from '../../../supergraph/join-directives.ts';
import { parseFieldSet } from '../mend/join-facts.ts';

/** A field with arguments that a synthetic field without arguments stands for. */
export interface RequiredField {
  readonly name: string;
  readonly arguments: readonly ArgumentNode[];
}

export interface SupergraphForApollo {
  readonly document: DocumentNode;
  /** By the synthetic field's name. */
  readonly requiredFields: ReadonlyMap<string, RequiredField>;
}

type FieldsType = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode;

/**
 * The supergraph as Apollo's planner gets it.
 *
 * - Of several keys it takes the first, even if the subgraph does not resolve that one: those come last.
 * - It merges a field that `@requires` names with arguments into whatever has the same response name, be it the
 *   client's field or another requirement. So each such field with its arguments becomes a field of its own
 *   (`price(currency: "USD")` → `price__w0`), which `restore-required-fields.ts` turns back in plans.
 */
export function supergraphForApollo(sdl: string): SupergraphForApollo {
  const document = parse(sdl, { noLocation: true });
  const fields = new RequiredFields(document);
  const rewritten = visit(document, {
    ObjectTypeDefinition: type => withUsableKeysFirst(fields.inType(type)),
    InterfaceTypeDefinition: type => withUsableKeysFirst(fields.inType(type)),
  });
  return { document: fields.addTo(rewritten), requiredFields: fields.found };
}

function withUsableKeysFirst<T extends FieldsType>(type: T): T {
  const isUnusable = (directive: ConstDirectiveNode): boolean =>
    directive.name.value === 'join__type' && argument(directive, 'resolvable') === 'false';
  const directives = type.directives ?? [];
  const usable = directives.filter(directive => !isUnusable(directive));
  return { ...type, directives: [...usable, ...directives.filter(isUnusable)] };
}

class RequiredFields {
  readonly found = new Map<string, RequiredField>();
  readonly #types = new Map<string, FieldsType>();
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();
  /** Type name → synthetic names that it gets. */
  readonly #added = new Map<string, Set<string>>();

  constructor(document: DocumentNode) {
    for (const type of document.definitions) {
      if (type.kind !== Kind.OBJECT_TYPE_DEFINITION && type.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
      this.#types.set(type.name.value, type);
      for (const field of type.fields ?? []) this.#taken.add(field.name.value);
    }
  }

  /** The type with every `requires` of its fields rewritten. */
  inType<T extends FieldsType>(type: T): T {
    if (!type.fields?.some(field => named(field.directives, 'join__field').some(hasRequiredArguments)))
      return type;
    const fields = type.fields.map(field => ({
      ...field,
      directives: (field.directives ?? []).map(directive =>
        hasRequiredArguments(directive) ? this.#rewrite(directive, type.name.value) : directive,
      ),
    }));
    return { ...type, fields };
  }

  addTo(document: DocumentNode): DocumentNode {
    const extend = <T extends FieldsType>(type: T): T | undefined => {
      const names = this.#added.get(type.name.value);
      if (names === undefined) return undefined;
      const copies = [...names].flatMap(name => {
        const original = type.fields?.find(field => field.name.value === this.found.get(name)?.name);
        return original === undefined ? [] : [copyAs(original, name)];
      });
      return { ...type, fields: [...(type.fields ?? []), ...copies] };
    };
    if (this.found.size === 0) return document;
    return visit(document, { ObjectTypeDefinition: extend, InterfaceTypeDefinition: extend });
  }

  #rewrite(directive: ConstDirectiveNode, typeName: string): ConstDirectiveNode {
    const args = directive.arguments?.map(given => {
      if (given.name.value !== 'requires' || given.value.kind !== Kind.STRING) return given;
      const text = print(this.#selections(parseFieldSet(given.value.value), typeName));
      return { ...given, value: { kind: Kind.STRING as const, value: text.slice(1, -1) } };
    });
    return { ...directive, ...(args === undefined ? {} : { arguments: args }) };
  }

  #selections(set: SelectionSetNode, typeName: string): SelectionSetNode {
    const selections = set.selections.map((selection): SelectionNode => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return selection;
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const inner = selection.typeCondition?.name.value ?? typeName;
        return { ...selection, selectionSet: this.#selections(selection.selectionSet, inner) };
      }
      return this.#field(selection, typeName);
    });
    return { ...set, selections };
  }

  #field(field: FieldNode, typeName: string): FieldNode {
    const definition = this.#types.get(typeName)?.fields?.find(({ name }) => name.value === field.name.value);
    const inner = definition === undefined ? '' : nameOf(definition.type);
    const nested =
      field.selectionSet === undefined ? {} : { selectionSet: this.#selections(field.selectionSet, inner) };
    if (!field.arguments?.length) return { ...field, ...nested };
    const value = this.#syntheticName(field);
    for (const name of [typeName, ...this.#implementing(typeName)])
      this.#added.set(name, (this.#added.get(name) ?? new Set()).add(value));
    const { arguments: _, ...plain } = field;
    return { ...plain, ...nested, name: { kind: Kind.NAME, value } };
  }

  #syntheticName(field: FieldNode): string {
    const { selectionSet: _, ...bare } = field;
    const meaning = print(bare);
    const known = this.#names.get(meaning);
    if (known !== undefined) return known;
    let counter = this.found.size;
    while (this.#taken.has(`${field.name.value}__w${counter}`)) counter++;
    const name = `${field.name.value}__w${counter}`;
    this.#taken.add(name);
    this.#names.set(meaning, name);
    this.found.set(name, { name: field.name.value, arguments: field.arguments ?? [] });
    return name;
  }

  #implementing(typeName: string): string[] {
    return [...this.#types.values()]
      .filter(type => type.interfaces?.some(({ name }) => name.value === typeName))
      .map(type => type.name.value);
  }
}

function hasRequiredArguments(directive: ConstDirectiveNode): boolean {
  return argument(directive, 'requires')?.includes('(') === true;
}

function copyAs(field: FieldDefinitionNode, name: string): FieldDefinitionNode {
  return {
    kind: Kind.FIELD_DEFINITION,
    name: { kind: Kind.NAME, value: name },
    type: field.type,
    directives: named(field.directives, 'join__field'),
  };
}

function nameOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type);
}
