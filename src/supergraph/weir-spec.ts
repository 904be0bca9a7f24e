import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DirectiveDefinitionNode,
  type DocumentNode,
  Kind,
  parse,
} from 'graphql';
import { linkedDirective } from './feature-names.ts';

/** The URL under which a schema links the gateway's own directives, without its version. */
export const WEIR_SPEC = 'https://weir.dev/weir';

/** Everything is of a built-in type, so that linking the spec brings no type into a schema. */
const DEFINITIONS = parse(
  `directive @rateLimit(limit: Int!, window: String!, by: [String!] = ["subject"],
    algorithm: String = "sliding-window", burst: Int, onExceeded: String = "reject"
  ) repeatable on FIELD_DEFINITION | OBJECT
  directive @circuitBreaker(failureRate: Float, minimumCalls: Int, window: String, openFor: String, probes: Int,
    slowCall: String, slowCallRate: Float
  ) on FIELD_DEFINITION | OBJECT
  directive @fallback(stale: String, value: String) on FIELD_DEFINITION`,
  { noLocation: true },
).definitions.filter(node => node.kind === Kind.DIRECTIVE_DEFINITION);

const FEDERATION = 'https://specs.apollo.dev/federation';

/**
 * A subgraph's schema as composition wants it: `@link` to the spec is all that an author has to write. Composition
 * asks for a definition of each directive too, and drops those that no `@composeDirective` names, silently.
 * Definitions that a schema has of its own are replaced: two versions of one would not compose.
 */
export function completeWeirLink(document: DocumentNode): DocumentNode {
  const linked = DEFINITIONS.flatMap(definition => {
    const name = linkedDirective(document, WEIR_SPEC, definition.name.value);
    return name === null ? [] : [renamed(definition, name)];
  });
  if (linked.length === 0) return document;
  const names = new Set(linked.map(({ name }) => name.value));
  const others = document.definitions.filter(
    node => node.kind !== Kind.DIRECTIVE_DEFINITION || !names.has(node.name.value),
  );
  return { ...document, definitions: [...others, ...linked, ...composing(document, names)] };
}

/** Directive of the spec → what this schema calls it; empty where it does not link the spec. */
export function weirDirectives(document: DocumentNode): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { name } of DEFINITIONS) {
    const here = linkedDirective(document, WEIR_SPEC, name.value);
    if (here !== null) names.set(name.value, here);
  }
  return names;
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

function renamed(definition: DirectiveDefinitionNode, name: string): DirectiveDefinitionNode {
  return { ...definition, name: { ...definition.name, value: name } };
}
