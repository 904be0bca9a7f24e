import { type ConstDirectiveNode, type DefinitionNode, type DocumentNode, Kind, parse } from 'graphql';
import { linkedDirective } from './feature-names.ts';
import { replaceScopeEnum, scopeEnum } from './scope-enum.ts';
import { usedWeirDirectives, WEIR_DEFINITIONS } from './weir-spec.ts';

const FEDERATION = 'https://specs.apollo.dev/federation';

/**
 * A subgraph's schema as composition wants it: `@link` to the spec is all that an author has to write. Composition
 * asks for a definition of each directive too, and drops those that no `@composeDirective` names, silently.
 * Definitions that a schema has of its own are replaced: two versions of one would not compose.
 */
export function completeWeirLink(document: DocumentNode): DocumentNode {
  const names = usedWeirDirectives(document);
  const scope = scopeEnum(document, names.get('cacheControl') ?? null);
  if (scope === null) return document;
  const own = new Set(names.values());
  const others = document.definitions.filter(
    node => node.kind !== Kind.DIRECTIVE_DEFINITION || !own.has(node.name.value),
  );
  const linked = WEIR_DEFINITIONS.flatMap(definition => {
    const value = names.get(definition.name.value);
    return value === undefined ? [] : [scope.typed({ ...definition, name: { ...definition.name, value } })];
  });
  return {
    ...document,
    definitions: [...replaceScopeEnum(others, scope, linked), ...linked, ...composing(document, own)],
  };
}

function composing(document: DocumentNode, names: ReadonlySet<string>): readonly DefinitionNode[] {
  const directive = linkedDirective(document, FEDERATION, 'composeDirective');
  if (directive === null) return [];
  const composed = new Set(schemaDirectives(document, directive).flatMap(composedName));
  const missing = [...names].filter(name => !composed.has(`@${name}`));
  if (missing.length === 0) return [];
  const texts = missing.map(name => `@${directive}(name: "@${name}")`);
  return parse(`extend schema ${texts.join(' ')}`, { noLocation: true }).definitions;
}

function schemaDirectives(document: DocumentNode, name: string): readonly ConstDirectiveNode[] {
  return document.definitions.flatMap(node => {
    if (node.kind !== Kind.SCHEMA_DEFINITION && node.kind !== Kind.SCHEMA_EXTENSION) return [];
    return (node.directives ?? []).filter(directive => directive.name.value === name);
  });
}

function composedName({ arguments: given }: ConstDirectiveNode): readonly string[] {
  const value = given?.find(({ name }) => name.value === 'name')?.value;
  return value?.kind === Kind.STRING ? [value.value] : [];
}
