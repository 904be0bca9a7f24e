import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  Kind,
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { TaggedField } from '../../cache/entities/field-tags.ts';
import { sha256 } from '../../shared/hash.ts';
import type { Json, JsonObject } from '../../shared/json.ts';
import type { Run } from '../run/run.ts';
import type { FoundField } from './guarded-fields.ts';
import type { Guarding } from './guarding.ts';

/** Of a run, all that a value may depend on. */
export type Asked = Pick<Run, 'variables' | 'context'>;

/** Where the last good values of one field of a fetch are found again, in every instance. */
export interface LastGoodPlace {
  /** The key of an object's value, by the text that the subgraph knows the object by (empty: the root). */
  keysFor(asked: Asked): (representation: string) => string;
  /** @param text of a value, as JSON */
  tagsOf(asked: Asked, representation: string, text: string): readonly string[];
}

interface PlaceInput {
  readonly subgraph: string;
  readonly document: DocumentNode;
  readonly guarding: Guarding;
}

/** Another form of keys or values is another version. */
const VERSION = 1;

/**
 * A subgraph knows of a request its address, what it is asked, with what variables, for what object, and the headers that
 * it gets because of who asks: all of it is in the key, so nobody has the value of another whom it could tell apart. With
 * the part of the schema that is selected a value fits the answers of each schema that finds it.
 */
export function compileLastGoodPlace(
  { field: { coordinate }, node }: FoundField,
  { subgraph, document, guarding }: PlaceInput,
): LastGoodPlace {
  const [parent = ''] = coordinate.split('.');
  const field: TaggedField = { subgraph, parent, node, document };
  const { texts, variables } = readSelection(field, guarding.schema);
  const id = sha256(JSON.stringify([VERSION, subgraph, guarding.placeOf(subgraph), coordinate, texts]));
  const tagsOf = guarding.compileTags(field);
  return {
    keysFor({ variables: values, context: { forwarded } }) {
      // A variable that is left out is another thing than null: the default of the subgraph's own argument applies.
      const given = variables.flatMap(name => (values[name] === undefined ? [] : [[name, values[name]]]));
      const told = [forwarded.keyFor(subgraph), ...forwarded.headersFor(subgraph)];
      const prefix = sha256(JSON.stringify([id, given, told]));
      return representation => sha256(prefix + representation);
    },
    tagsOf({ variables: values }, known, text) {
      const representation = known === '' ? null : (JSON.parse(known) as JsonObject);
      return tagsOf({ value: JSON.parse(text) as Json, variables: values, representation });
    },
  };
}

interface ReadSelection {
  /** All that the document and the schema say of the field and what is below it. */
  readonly texts: readonly string[];
  readonly variables: readonly string[];
}

function readSelection({ parent, node, document }: TaggedField, schema: GraphQLSchema): ReadSelection {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const [texts, variables, types] = [[print(node)], new Set<string>(), new Set<string>()];
  const seen = new Set<string>();
  const read = (part: typeof node | FragmentDefinitionNode, typeName: string): void => {
    const info = new TypeInfo(schema, schema.getType(typeName));
    const visitor = {
      Variable: ({ name }: { readonly name: { readonly value: string } }) => void variables.add(name.value),
      Field: () => void types.add(typeText(info, schema)),
      FragmentSpread({ name }: { readonly name: { readonly value: string } }) {
        const fragment = fragments.get(name.value);
        if (fragment === undefined || seen.has(name.value)) return;
        seen.add(name.value);
        texts.push(print(fragment));
        read(fragment, fragment.typeCondition.name.value);
      },
    };
    visit(part, visitWithTypeInfo(info, visitor));
  };
  read(node, parent);
  const operation = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const declared = operation?.kind === Kind.OPERATION_DEFINITION ? (operation.variableDefinitions ?? []) : [];
  const used = declared.filter(({ variable }) => variables.has(variable.name.value));
  return {
    texts: [...texts, ...used.map(print).sort(), ...[...types].sort()],
    variables: [...variables].sort(),
  };
}

/** A field as the schema has it, and all that its values may be. */
function typeText(info: TypeInfo, schema: GraphQLSchema): string {
  const [parent, field] = [info.getParentType(), info.getFieldDef()];
  if (!parent || !field) return '';
  const type = getNamedType(field.type);
  const members = isAbstractType(type) ? schema.getPossibleTypes(type).map(({ name }) => name) : [];
  const values = isEnumType(type) ? type.getValues().map(({ name }) => name) : [];
  const defaults = field.args.map(({ name, type: of, defaultValue }) => [name, String(of), defaultValue]);
  return JSON.stringify([parent.name, field.name, String(field.type), defaults, members, values]);
}
