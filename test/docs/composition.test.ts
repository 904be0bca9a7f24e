import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { type ASTNode, type DirectiveDefinitionNode, Kind, parse, print } from 'graphql';
import { expect, test } from 'vitest';
import { composeSupergraph } from '../../src/supergraph/compose.ts';
import { WEIR_DEFINITIONS } from '../../src/supergraph/weir-spec.ts';

const PAGE = readFileSync(resolve(import.meta.dirname, '../../docs/composition.md'), 'utf8');
const PASTED = /```graphql\n(directive @rateLimit[\s\S]*?)```/.exec(PAGE)?.[1] ?? '';

const SCHEMA = `extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@composeDirective"])
    @link(url: "https://weir.dev/weir/v1.0", import: ["@rateLimit", "@circuitBreaker", "@fallback", "@cacheControl"])
  type Query {
    a: Int @rateLimit(limit: 5, window: "1m") @circuitBreaker(openFor: "1s") @fallback(value: "1")
    b: Int @cacheControl(maxAge: 60, scope: PRIVATE)
  }`;

const compose = (sdl: string): string =>
  composeSupergraph([{ name: 'a', url: 'http://a', sdl, origin: 'a.graphql' }]).sdl;

test('the definitions of the page are those of the gateway, but for what only its composition needs', () => {
  const defined = parse(PASTED, { noLocation: true }).definitions.filter(
    (node: ASTNode): node is DirectiveDefinitionNode => node.kind === Kind.DIRECTIVE_DEFINITION,
  );
  const texts = (nodes: readonly DirectiveDefinitionNode[]) =>
    nodes.map(node => print({ ...node, repeatable: node.name.value === 'rateLimit' }));
  expect(texts(defined)).toEqual(texts(WEIR_DEFINITIONS as DirectiveDefinitionNode[]));
});

test('a server that checks directives takes a schema with them, and it composes to the same', () => {
  expect(() => buildSubgraphSchema(parse(SCHEMA))).toThrow('Unknown directive "@cacheControl"');
  expect(() => buildSubgraphSchema(parse(SCHEMA + PASTED))).not.toThrow();
  expect(compose(SCHEMA + PASTED)).toBe(compose(SCHEMA));
});

test('another composition keeps what @composeDirective names', () => {
  const named = ['rateLimit', 'circuitBreaker', 'fallback', 'cacheControl'].map(
    name => `@composeDirective(name: "@${name}")`,
  );
  const typeDefs = parse(`${SCHEMA}${PASTED} extend schema ${named.join(' ')}`);
  const { supergraphSdl = '', errors } = composeServices([{ name: 'a', url: 'http://a', typeDefs }]);
  expect(errors).toBeUndefined();
  for (const applied of [
    '@rateLimit(limit: 5',
    '@circuitBreaker(open',
    '@fallback(value',
    '@cacheControl(maxAge: 60',
  ])
    expect(supergraphSdl).toContain(applied);
});
