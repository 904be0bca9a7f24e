import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { readAccess } from '../../src/supergraph/access.ts';
import { composeSupergraph } from '../support/compose.ts';

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key" "@requires" "@external" "@shareable" "@context" "@fromContext"
  {name: "@authenticated", as: "@auth"} "@requiresScopes" {name: "@policy", as: "@rule"}
])`;

function access(...typeDefs: string[]) {
  const named = typeDefs.map((text, index) => ({
    name: `s${index}`,
    url: `http://s${index}`,
    typeDefs: `${LINK}\n${text}`,
  }));
  const { requirements, requires } = readAccess(parse(composeSupergraph(named)));
  return { requirements: Object.fromEntries(requirements), requires: Object.fromEntries(requires) };
}

const ofText = (sdl: string) => readAccess(parse(sdl));

describe('requirements', () => {
  test('are read from types, fields, enums and scalars, under the names of their imports', () => {
    const { requirements } = access(`
      type Query { me: User @auth role: Role secret: Secret }
      type User @requiresScopes(scopes: [["user", "read"], ["admin"]]) { id: ID! note: String @rule(policies: [["owner"]]) }
      enum Role @auth { A }
      scalar Secret @rule(policies: [["vip"]])`);
    expect(requirements).toEqual({
      'Query.me': { authenticated: true, scopes: [], policies: [] },
      User: { authenticated: false, scopes: [[['user', 'read'], ['admin']]], policies: [] },
      'User.note': { authenticated: false, scopes: [], policies: [[['owner']]] },
      Role: { authenticated: true, scopes: [], policies: [] },
      Secret: { authenticated: false, scopes: [], policies: [[['vip']]] },
    });
  });

  test('reach interfaces by way of what implements them', () => {
    const { requirements } = access(`
      type Query { node: Node }
      interface Node { name: String }
      type A implements Node { name: String @auth }`);
    expect(requirements['Node.name']).toEqual({ authenticated: true, scopes: [], policies: [] });
  });

  test('of several applications all hold', () => {
    const { requirements } = ofText(`
      type Query @requiresScopes(scopes: [["a"], ["b"]]) @requiresScopes(scopes: [["c"]]) { a: Int }
      extend type Query @authenticated @requiresScopes(scopes: [["d"]])`);
    expect(requirements.get('Query')).toEqual({
      authenticated: true,
      scopes: [[['a'], ['b']], [['c']], [['d']]],
      policies: [],
    });
  });

  test.each([
    ['scopes: []', []],
    ['scopes: null', []],
    ['scopes: [null]', []],
    ['scopes: [[1, "a"], ["b"]]', [['b']]],
    ['other: [["a"]]', []],
    ['scopes: "a"', [['a']]],
    ['scopes: ["a", "b"]', [['a'], ['b']]],
  ])('written as (%s) let in nobody but whom they name', (text, alternatives) => {
    const { requirements } = ofText(`type Query { a: Int @requiresScopes(${text}) }`);
    expect(requirements.get('Query.a')).toEqual({
      authenticated: false,
      scopes: [alternatives],
      policies: [],
    });
  });

  test.each(['@requiresScopes(scopes: [[]])', '@policy(policies: [["a"], []])'])(
    'that ask for nothing, %s, still ask for a credential',
    directive => {
      const { requirements } = ofText(`type Query { a: Int ${directive} }`);
      expect(requirements.get('Query.a')?.authenticated).toBe(true);
    },
  );

  test('are values that cannot be changed', () => {
    const requirement = ofText('type Query @requiresScopes(scopes: [["a"]]) { a: Int }').requirements.get(
      'Query',
    );
    for (const value of [
      requirement,
      requirement?.scopes,
      requirement?.scopes[0],
      requirement?.scopes[0]?.[0],
    ]) {
      expect(Object.isFrozen(value)).toBe(true);
    }
  });
});

describe('a field requires', () => {
  const CATALOG = `
    type Query { product: Product }
    type Product @key(fields: "id") {
      id: ID! weight: Float size: Size maker: Maker media: [Media!]
    }
    type Size @shareable { length: Int width: Int }
    type Maker @key(fields: "id") { id: ID! country: String }
    interface Media { title: String }
    type Video implements Media @shareable { title: String seconds: Int }`;

  test('what its field set reads, at every depth and under type conditions', () => {
    const { requires } = access(
      CATALOG,
      `type Product @key(fields: "id") {
        id: ID! weight: Float @external size: Size @external media: [Media!] @external
        shipping: Float @requires(fields: "weight size { length } media { __typename title ... on Video { seconds } }")
      }
      type Size @shareable { length: Int }
      interface Media { title: String }
      type Video implements Media @shareable { title: String seconds: Int }`,
    );
    expect(requires).toEqual({
      'Product.shipping': [
        'Product.weight',
        'Product.size',
        'Size.length',
        'Product.media',
        'Media.title',
        'Video.seconds',
      ],
    });
  });

  test('what the fields it reads require themselves', () => {
    const { requires } = access(
      CATALOG,
      `type Product @key(fields: "id") {
        id: ID! weight: Float @external
        shipping: Float @requires(fields: "weight")
      }`,
      `type Product @key(fields: "id") {
        id: ID! shipping: Float @external
        total: Float @requires(fields: "shipping")
      }`,
    );
    expect(requires).toEqual({
      'Product.shipping': ['Product.weight'],
      'Product.total': ['Product.shipping', 'Product.weight'],
    });
  });

  test('what any implementation of an interface requires for the field that it reads', () => {
    const { requires } = ofText(`
      interface Media { title: String }
      type Video implements Media { raw: String title: String @join__field(graph: X, requires: "raw") }
      type Product { media: Media label: String @join__field(graph: Y, requires: "media { title }") }`);
    expect(requires.get('Product.label')).toEqual(['Product.media', 'Media.title', 'Video.raw']);
  });

  test('what its context arguments select, of every type that sets the context', () => {
    const { requires } = access(`
      type Query { a: A b: B }
      type A @key(fields: "id") @context(name: "c") { id: ID! locale: String! child: Child! }
      type B @key(fields: "id") @context(name: "c") { id: ID! locale: String! child: Child! }
      type Child @key(fields: "id") { id: ID! text(locale: String @fromContext(field: "$c { locale }")): String! }`);
    expect(requires).toEqual({ 'Child.text': ['A.locale', 'B.locale'] });
  });

  test('what a context could select when no type says that it sets it', () => {
    const { requires } = ofText(`
      type A { locale: String }
      type Child {
        text: String @join__field(contextArguments: [{context: "x__c", name: "l", type: "String", selection: "{ locale }"}])
      }`);
    expect(requires.get('Child.text')).toEqual(['A.locale']);
  });

  test('nothing endless when fields require each other', () => {
    const { requires } = ofText(`type A {
      a: Int @join__field(graph: X, requires: "b")
      b: Int @join__field(graph: Y, requires: "a")
    }`);
    expect(Object.fromEntries(requires)).toEqual({ 'A.a': ['A.b'], 'A.b': ['A.a'] });
  });
});
