import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type DefinitionNode,
  type DirectiveDefinitionNode,
  type DocumentNode,
  type EnumTypeDefinitionNode,
  type EnumTypeExtensionNode,
  GraphQLSchema,
  type GraphQLType,
  getNamedType,
  isEnumType,
  Kind,
  parse,
  visit,
} from 'graphql';
import { isLinkTo, linkedTypes } from './feature-names.ts';
import { SCOPE_ENUM, WEIR_SPEC } from './weir-spec.ts';

/**
 * Composition links the spec in the supergraph under its own name, and API schemas leave out what has that as a
 * prefix. Under any other name all of them would show the type.
 */
const COMPOSED = `weir__${SCOPE_ENUM}`;

/** How a subgraph's schema speaks of the scopes of `@cacheControl`, and how composition is to. */
export interface ScopeEnum {
  /** What the schema itself calls it. */
  readonly aliases: readonly string[];
  typed(definition: DirectiveDefinitionNode): DirectiveDefinitionNode;
}

/** Null where the gateway's directives are not linked. @param directive what `@cacheControl` is called */
export function scopeEnum(document: DocumentNode, directive: string | null): ScopeEnum | null {
  const types = linkedTypes(document, WEIR_SPEC, SCOPE_ENUM);
  if (types === null) return null;
  const written = document.definitions.flatMap(node => {
    if (node.kind !== Kind.DIRECTIVE_DEFINITION || node.name.value !== directive) return [];
    const type = node.arguments?.find(argument => argument.name.value === 'scope')?.type;
    return type?.kind === Kind.NAMED_TYPE ? [type.name.value] : [];
  });
  const { imported, prefixed } = types;
  return {
    aliases: [COMPOSED, prefixed, ...(imported === null ? [] : [imported]), ...written],
    typed: definition =>
      visit(definition, {
        NamedType: type =>
          type.name.value === SCOPE_ENUM ? { ...type, name: { ...type.name, value: COMPOSED } } : undefined,
      }),
  };
}

/** Definitions without the enum's imports and its own definitions, unless fields are of it; with one if it is needed. */
export function replaceScopeEnum(
  definitions: readonly DefinitionNode[],
  { aliases }: ScopeEnum,
  directives: readonly DirectiveDefinitionNode[],
): readonly DefinitionNode[] {
  const unused = new Set(aliases);
  for (const node of definitions) visit(node, { NamedType: type => void unused.delete(type.name.value) });
  const kept = definitions.filter(node => !isEnum(node) || !unused.has(node.name.value)).map(withoutImports);
  const isNeeded = directives.some(({ arguments: given = [] }) =>
    given.some(({ type }) => type.kind === Kind.NAMED_TYPE && type.name.value === COMPOSED),
  );
  if (!isNeeded || kept.some(node => isEnum(node) && node.name.value === COMPOSED)) return kept;
  return [...kept, ...parse(`enum ${COMPOSED} { PUBLIC PRIVATE }`, { noLocation: true }).definitions];
}

/** A schema without the enum, if nothing in it is of the type: other tools compose it under its plain name. */
export function withoutScopeEnum(schema: GraphQLSchema): GraphQLSchema {
  const type = schema.getType(SCOPE_ENUM);
  if (!isEnumType(type) || isReferred(schema, SCOPE_ENUM)) return schema;
  const config = schema.toConfig();
  return new GraphQLSchema({ ...config, types: config.types.filter(other => other !== type) });
}

function isReferred(schema: GraphQLSchema, name: string): boolean {
  return Object.values(schema.getTypeMap()).some(type => {
    if (!('getFields' in type)) return false;
    return Object.values(type.getFields()).some(field => {
      const places: readonly { readonly type: GraphQLType }[] =
        'args' in field ? [field, ...field.args] : [field];
      return places.some(place => getNamedType(place.type).name === name);
    });
  });
}

function isEnum(node: DefinitionNode): node is EnumTypeDefinitionNode | EnumTypeExtensionNode {
  return node.kind === Kind.ENUM_TYPE_DEFINITION || node.kind === Kind.ENUM_TYPE_EXTENSION;
}

/** Composition refuses an imported name beside the prefixed one. */
function withoutImports(node: DefinitionNode): DefinitionNode {
  if (node.kind !== Kind.SCHEMA_DEFINITION && node.kind !== Kind.SCHEMA_EXTENSION) return node;
  const directives = (node.directives ?? []).map(link =>
    isLinkTo(link, WEIR_SPEC) ? { ...link, arguments: (link.arguments ?? []).map(onlyDirectives) } : link,
  );
  return { ...node, directives };
}

type ConstArgument = NonNullable<ConstDirectiveNode['arguments']>[number];

function onlyDirectives(given: ConstArgument): ConstArgument {
  if (given.name.value !== 'import' || given.value.kind !== Kind.LIST) return given;
  return { ...given, value: { ...given.value, values: given.value.values.filter(isDirective) } };
}

function isDirective(item: ConstValueNode): boolean {
  if (item.kind === Kind.STRING) return item.value.startsWith('@');
  const name =
    item.kind === Kind.OBJECT ? item.fields.find(field => field.name.value === 'name')?.value : undefined;
  return name?.kind !== Kind.STRING || name.value.startsWith('@');
}
