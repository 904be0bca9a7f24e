import {
  type DirectiveNode,
  type DocumentNode,
  Kind,
  parse,
  type SelectionSetNode,
  type TypeNode,
  valueFromASTUntyped,
} from 'graphql';
import { elementsOf } from './coordinates.ts';
import { featureDirectives, namedAny } from './feature-names.ts';
import { argument, named } from './join-directives.ts';

interface SupergraphTypes {
  /** Type → field → name of the field's type. */
  readonly fields: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Context → types that set it. */
  readonly contexts: ReadonlyMap<string, readonly string[]>;
}

/**
 * Field → the fields that subgraphs are given to resolve it: those of `@requires` and of context arguments,
 * and what these require in turn. A field of an interface stands for all its implementations.
 */
export function requiredFields(document: DocumentNode): ReadonlyMap<string, readonly string[]> {
  const types: SupergraphTypes = { fields: fieldTypes(document), contexts: contextTypes(document) };
  const direct = new Map<string, ReadonlySet<string>>();
  for (const { coordinate, directives } of elementsOf(document)) {
    const joins = named(directives, 'join__field');
    if (joins.length === 0) continue;
    const read = new Set<string>();
    for (const join of joins) addRead({ join, parent: parentOf(coordinate) }, types, read);
    if (read.size > 0) direct.set(coordinate, read);
  }
  const implementations = implementationsByInterface(document);
  const further = (field: string): readonly string[] => {
    const name = field.slice(field.indexOf('.'));
    const implemented = (implementations.get(parentOf(field)) ?? []).map(type => `${type}${name}`);
    return [field, ...implemented].flatMap(place => [...(direct.get(place) ?? [])]);
  };
  return new Map([...direct.keys()].map(field => [field, Object.freeze(closure(field, further))]));
}

function parentOf(coordinate: string): string {
  return coordinate.slice(0, coordinate.indexOf('.'));
}

function addRead(
  { join, parent }: { readonly join: DirectiveNode; readonly parent: string },
  types: SupergraphTypes,
  read: Set<string>,
): void {
  const required = argument(join, 'requires');
  if (required !== null) addFields(fieldSet(required), parent, { types, read });
  for (const { context, selection } of contextArguments(join)) {
    // A context that no type is known to set could be set by any of them.
    for (const type of types.contexts.get(context) ?? types.fields.keys()) {
      addFields(fieldSet(selection), type, { types, read });
    }
  }
}

interface ContextArgument {
  readonly context: string;
  readonly selection: string;
}

function contextArguments(join: DirectiveNode): readonly ContextArgument[] {
  const node = join.arguments?.find(given => given.name.value === 'contextArguments')?.value;
  const value = node === undefined ? [] : valueFromASTUntyped(node);
  return Array.isArray(value) ? (value as readonly ContextArgument[]) : [];
}

/** Composition writes field sets without their outer braces, and the selections of contexts with them. */
function fieldSet(text: string): SelectionSetNode {
  const braced = text.trim().startsWith('{') ? text : `{${text}}`;
  const [operation] = parse(braced, { noLocation: true }).definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`"${text}" is not a field set.`);
  return operation.selectionSet;
}

function addFields(
  set: SelectionSetNode,
  parent: string,
  into: { readonly types: SupergraphTypes; readonly read: Set<string> },
): void {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      addFields(selection.selectionSet, selection.typeCondition?.name.value ?? parent, into);
      continue;
    }
    const type = into.types.fields.get(parent)?.get(selection.name.value);
    if (type === undefined) continue;
    into.read.add(`${parent}.${selection.name.value}`);
    if (selection.selectionSet !== undefined) addFields(selection.selectionSet, type, into);
  }
}

function closure(field: string, further: (field: string) => readonly string[]): string[] {
  const reached = new Set(further(field));
  // A set hands out what is added to it while it is walked.
  for (const read of reached) for (const required of further(read)) reached.add(required);
  reached.delete(field);
  return [...reached];
}

export function implementationsByInterface(document: DocumentNode): ReadonlyMap<string, readonly string[]> {
  const implementations = new Map<string, string[]>();
  for (const type of document.definitions) {
    if (!('interfaces' in type)) continue;
    for (const { name } of type.interfaces ?? []) {
      implementations.set(name.value, [...(implementations.get(name.value) ?? []), type.name.value]);
    }
  }
  return implementations;
}

function fieldTypes(document: DocumentNode): SupergraphTypes['fields'] {
  const types = new Map<string, Map<string, string>>();
  for (const type of document.definitions) {
    if (!('fields' in type)) continue;
    const fields = types.get(type.name.value) ?? new Map<string, string>();
    for (const field of type.fields ?? []) fields.set(field.name.value, namedType(field.type));
    types.set(type.name.value, fields);
  }
  return types;
}

function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}

function contextTypes(document: DocumentNode): SupergraphTypes['contexts'] {
  const names = featureDirectives(document, 'https://specs.apollo.dev/context', 'context');
  const contexts = new Map<string, string[]>();
  for (const { coordinate, directives } of elementsOf(document)) {
    if (coordinate.includes('.')) continue;
    for (const directive of namedAny(directives, names)) {
      const context = argument(directive, 'name') ?? '';
      contexts.set(context, [...(contexts.get(context) ?? []), coordinate]);
    }
  }
  return contexts;
}
