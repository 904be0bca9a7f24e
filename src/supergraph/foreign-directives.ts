import type { DocumentNode } from 'graphql';
import { elementsOf } from './coordinates.ts';
import { isImportedAs } from './feature-names.ts';
import { WEIR_DEFINITIONS, WEIR_SPEC, weirDirectives } from './weir-spec.ts';

interface NamedSubgraph {
  readonly name: string;
  readonly document: DocumentNode;
}

/**
 * Directives that subgraphs define and use under the names of the gateway's own, and do not take from its spec. They
 * compose, and are lost: a limit of calls that is none, a lifetime that nobody heeds. One sentence each.
 */
export function foreignDirectives(subgraphs: readonly NamedSubgraph[]): readonly string[] {
  return subgraphs.flatMap(({ name, document }) => {
    const linked = weirDirectives(document);
    const used = new Set([...elementsOf(document)].flatMap(({ directives }) => directives.map(nameOf)));
    return WEIR_DEFINITIONS.map(nameOf)
      .filter(directive => used.has(directive) && linked.get(directive) !== directive)
      .filter(directive => !isImportedAs(document, directive))
      .map(directive => `@${directive} of ${name} says nothing to the gateway; ${howToLink(directive)}`);
  });
}

/** What to write for composition to know a directive; null: it is none of the gateway's own. */
export function adviceFor(reason: string): string | null {
  const directive = /^Unknown directive "@(\w+)"/.exec(reason)?.[1];
  const isOurs = WEIR_DEFINITIONS.some(node => nameOf(node) === directive);
  return directive !== undefined && isOurs ? howToLink(directive) : null;
}

function howToLink(directive: string): string {
  return `if it is to be the gateway's, write @link(url: "${WEIR_SPEC}/v1.0", import: ["@${directive}"])`;
}

function nameOf({ name }: { readonly name: { readonly value: string } }): string {
  return name.value;
}
