import { type DocumentNode, Kind, parse } from 'graphql';
import { elementsOf } from './coordinates.ts';
import { linkedDirective } from './feature-names.ts';
import { argument } from './join-directives.ts';

/** The URL under which a schema links the gateway's own directives, without its version. */
export const WEIR_SPEC = 'https://weir.dev/weir';

/** The one type of the spec that is not built in: what `scope` of `@cacheControl` may be. */
export const SCOPE_ENUM = 'CacheControlScope';

/**
 * `@cacheControl` is repeatable in composition's eyes only: what several subgraphs say of one element is kept, and not
 * one of them chosen.
 */
export const WEIR_DEFINITIONS = parse(
  `directive @rateLimit(limit: Int!, window: String!, by: [String!] = ["subject"],
    algorithm: String = "sliding-window", burst: Int, onExceeded: String = "reject"
  ) repeatable on FIELD_DEFINITION | OBJECT
  directive @circuitBreaker(failureRate: Float, minimumCalls: Int, window: String, openFor: String, probes: Int,
    slowCall: String, slowCallRate: Float
  ) on FIELD_DEFINITION | OBJECT
  directive @fallback(stale: String, value: String) on FIELD_DEFINITION
  directive @cacheControl(maxAge: Int, scope: ${SCOPE_ENUM}, inheritMaxAge: Boolean, staleWhileRevalidate: Int,
    staleIfError: Int
  ) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | UNION`,
  { noLocation: true },
).definitions.filter(node => node.kind === Kind.DIRECTIVE_DEFINITION);

/** Directive of the spec → what this schema calls it; empty where it does not link the spec. */
export function weirDirectives(document: DocumentNode): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { name } of WEIR_DEFINITIONS) {
    const here = linkedDirective(document, WEIR_SPEC, name.value);
    if (here !== null) names.set(name.value, here);
  }
  return names;
}

/**
 * Those of them that a schema uses, defines or composes itself. The others need be of one name in no two schemas, and
 * one of them would bring a type along.
 */
export function usedWeirDirectives(document: DocumentNode): ReadonlyMap<string, string> {
  const used = new Set<string>();
  for (const { directives } of elementsOf(document)) for (const { name } of directives) used.add(name.value);
  for (const node of document.definitions) {
    if (node.kind === Kind.DIRECTIVE_DEFINITION) used.add(node.name.value);
    if (node.kind !== Kind.SCHEMA_DEFINITION && node.kind !== Kind.SCHEMA_EXTENSION) continue;
    // Whatever @composeDirective is called here, it names a directive.
    for (const directive of node.directives ?? [])
      used.add((argument(directive, 'name') ?? '').replace('@', ''));
  }
  return new Map([...weirDirectives(document)].filter(([, name]) => used.has(name)));
}
