import { readFileSync } from 'node:fs';
import {
  buildASTSchema,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLSchema,
  introspectionFromSchema,
  isEnumType,
  isInterfaceType,
  isObjectType,
  parse,
  printSchema,
  validate,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { ContractError, filterSchema } from '../../src/supergraph/contract/filter-schema.ts';
import { apiSchemaOf } from '../../src/supergraph/supported-features.ts';
import { type TagFilter, unknownTags } from '../../src/supergraph/tags.ts';
import { composeSupergraph } from '../support/compose.ts';

/** Takes SDL with tags for supergraph and API schema both. */
function contractOf(sdl: string, filter: TagFilter): GraphQLSchema {
  const document = parse(sdl);
  return filterSchema({ document, apiSchema: buildASTSchema(document, { assumeValidSDL: true }) }, filter);
}

/** Type → its fields with their arguments, values or members. */
function outline(schema: GraphQLSchema): Record<string, string> {
  const types = Object.values(schema.getTypeMap()).filter(type => !type.name.startsWith('__'));
  const custom = types.filter(type => !['String', 'Int', 'Float', 'Boolean', 'ID'].includes(type.name));
  return Object.fromEntries(
    custom.map(type => {
      if ('getTypes' in type) return [type.name, type.getTypes().join(' | ')];
      if (isEnumType(type)) {
        const values = type.getValues().map(({ name }) => name);
        return [type.name, values.join(' ')];
      }
      if (!('getFields' in type)) return [type.name, ''];
      const own: (GraphQLField<unknown, unknown> | GraphQLInputField)[] = Object.values(type.getFields());
      const fields = own.map(field => {
        const args = 'args' in field ? field.args.map(argument => argument.name) : [];
        return args.length === 0 ? field.name : `${field.name}(${args.join(' ')})`;
      });
      const interfaces =
        isObjectType(type) || isInterfaceType(type) ? type.getInterfaces().map(({ name }) => name) : [];
      return [type.name, [...interfaces.map(name => `& ${name}`), ...fields].join(' ')];
    }),
  );
}

function problemsOf(sdl: string, filter: TagFilter): readonly string[] {
  try {
    contractOf(sdl, filter);
  } catch (error) {
    if (error instanceof ContractError) return error.problems.map(({ coordinate }) => coordinate);
    throw error;
  }
  return [];
}

const EXCLUDE = { excludeTags: ['x'] };
const INCLUDE = { includeTags: ['in'], excludeTags: ['x'] };

test.each([{}, { includeTags: [], excludeTags: [] }])(
  'without tags to look at there is no contract: %o',
  filter => {
    const document = parse('type Query { a: Int @tag(name: "x") }');
    const apiSchema = buildASTSchema(document, { assumeValidSDL: true });
    expect(filterSchema({ document, apiSchema }, filter)).toBe(apiSchema);
  },
);

describe('an excluded tag hides', () => {
  test('fields, optional arguments, enum values and optional input fields', () => {
    const contract = contractOf(
      `type Query { a(b: Int, c: Int @tag(name: "x"), e: E, i: I): Int d: Int @tag(name: "x") }
       enum E { A B @tag(name: "x") }
       input I { f: Int g: Int @tag(name: "x") }`,
      EXCLUDE,
    );
    expect(outline(contract)).toEqual({ Query: 'a(b e i)', E: 'A', I: 'f' });
  });

  test('types of every kind, and the fields, arguments and members that name them', () => {
    const contract = contractOf(
      `type Query { o: O i: I u: U v: V e: E s: S a(e: E, s: S, n: N): Int keep: Keep }
       type O @tag(name: "x") { a: Int }
       interface I @tag(name: "x") { a: Int }
       union U @tag(name: "x") = Keep
       union V = O | Keep
       enum E @tag(name: "x") { A }
       scalar S @tag(name: "x")
       input N @tag(name: "x") { a: Int }
       type Keep implements I { a: Int o: [O!]! }`,
      EXCLUDE,
    );
    expect(outline(contract)).toEqual({ Query: 'v a keep', V: 'Keep', Keep: 'a' });
  });

  test('what an included tag would let in', () => {
    const contract = contractOf(
      'type Query @tag(name: "in") { a: Int b: Int @tag(name: "in") @tag(name: "x") }',
      INCLUDE,
    );
    expect(outline(contract)).toEqual({ Query: 'a' });
  });

  test('but no built-in scalar', () => {
    const contract = contractOf('type Query { a: Int } scalar Int @tag(name: "x")', EXCLUDE);
    expect(outline(contract)).toEqual({ Query: 'a' });
  });

  test('what composition calls tag by another name', () => {
    const contract = contractOf(
      `extend schema @link(url: "https://specs.apollo.dev/tag/v0.3", import: [{name: "@tag", as: "@label"}])
       directive @label(name: String!) repeatable on FIELD_DEFINITION
       type Query { a: Int b: Int @label(name: "x") }`,
      EXCLUDE,
    );
    expect(outline(contract)).toEqual({ Query: 'a' });
  });
});

describe('an included tag shows', () => {
  test('fields that carry it themselves or through their type, and unions that carry it', () => {
    const contract = contractOf(
      `type Query { a: A @tag(name: "in") b: B @tag(name: "in") u: U @tag(name: "in") v: V @tag(name: "in") no: Int }
       type A @tag(name: "in") { one: Int two: Int }
       type B { one: Int @tag(name: "in") two: Int }
       union U @tag(name: "in") = A | B | C
       union V = A | B
       type C { one: Int }`,
      INCLUDE,
    );
    expect(outline(contract)).toEqual({ Query: 'a b u', A: 'one two', B: 'one', U: 'A | B' });
  });

  test('the arguments, inputs, enums and scalars that its fields need, tagged or not', () => {
    const contract = contractOf(
      `type Query { a(i: I!): S @tag(name: "in") b(j: J): Int }
       input I { e: E n: Int @tag(name: "x") }
       input J { a: Int }
       enum E { A }
       scalar S`,
      INCLUDE,
    );
    expect(outline(contract)).toEqual({ Query: 'a(i)', I: 'e', E: 'A', S: '' });
  });

  test('an interface only where it is let in itself', () => {
    const contract = contractOf(
      `type Query @tag(name: "in") { a: A i: I k: K }
       interface I { id: ID }
       interface K { id: ID @tag(name: "in") }
       type A implements I & K @tag(name: "in") { id: ID }`,
      INCLUDE,
    );
    expect(outline(contract)).toEqual({ Query: 'a k', A: '& K id', K: 'id' });
  });
});

describe('nothing is left behind', () => {
  test('types without members go, and what returns them, to the end', () => {
    const contract = contractOf(
      `type Query { a: A b: Int e: E w(n: N): W }
       type Mutation { m: C }
       type A { b: B } type B { c: C } type C { x: Int @tag(name: "x") }
       enum E { A @tag(name: "x") }
       input N { n: M } input M { x: Int @tag(name: "x") }
       union U = C | D type D { c: C } type W { u: U w: Int }`,
      EXCLUDE,
    );
    expect(outline(contract)).toEqual({ Query: 'b w', W: 'w' });
    expect(contract.getMutationType()).toBeUndefined();
  });

  test('types that refer to each other only go when nothing leads to them', () => {
    const contract = contractOf(
      'type Query { a: Int b: B @tag(name: "x") } type B { c: C } type C { b: B e(n: N): E } enum E { A } input N { n: N }',
      EXCLUDE,
    );
    expect(outline(contract)).toEqual({ Query: 'a' });
  });

  test('what implements an interface that is returned stays', () => {
    const contract = contractOf(
      'type Query { i: I h: Int @tag(name: "x") } interface I { a: Int } type A implements I { a: Int b: B } type B { c: Int }',
      EXCLUDE,
    );
    expect(outline(contract)).toEqual({ Query: 'i', I: 'a', A: '& I a b', B: 'c' });
  });

  test('what implements an interface that is never returned goes', () => {
    const contract = contractOf(
      'type Query { a: A h: Int @tag(name: "x") } interface I { a: Int } type A implements I { a: Int } type B implements I { a: Int }',
      EXCLUDE,
    );
    expect(outline(contract)).toEqual({ Query: 'a', I: 'a', A: '& I a' });
  });

  test('an interface goes with the last type that implements it', () => {
    const contract = contractOf(
      'type Query { i: I a: Int } interface I { a: Int } type A implements I @tag(name: "x") { a: Int }',
      EXCLUDE,
    );
    expect(outline(contract)).toEqual({ Query: 'a' });
  });
});

describe('an interface', () => {
  test('loses the field that one of its objects hides, so that the field cannot be read through it', () => {
    const contract = contractOf(
      `type Query { i: I k: K }
       interface I { a: Int b: Int }
       interface K implements I { a: Int b: Int }
       type A implements I & K { a: Int b: Int @tag(name: "x") }
       type B implements I & K { a: Int b: Int }`,
      EXCLUDE,
    );
    expect(outline(contract)).toEqual({
      Query: 'i k',
      I: 'a',
      K: '& I a',
      A: '& I & K a',
      B: '& I & K a b',
    });
    const through = parse('{ i { ... on I { b } } k { ... on K { b } } }');
    expect(validate(contract, through)).toHaveLength(2);
  });

  test('keeps the field when the object that hides it is hidden altogether', () => {
    const contract = contractOf(
      'type Query { i: I } interface I { a: Int b: Int } type A implements I { a: Int b: Int } type B implements I @tag(name: "x") { a: Int b: Int }',
      EXCLUDE,
    );
    expect(outline(contract)).toEqual({ Query: 'i', I: 'a b', A: '& I a b' });
  });

  test('loses the argument that one of its objects hides', () => {
    const contract = contractOf(
      'type Query { i: I } interface I { a(b: Int, c: Int): Int } type A implements I { a(b: Int, c: Int @tag(name: "x")): Int }',
      EXCLUDE,
    );
    expect(outline(contract)).toEqual({ Query: 'i', I: 'a(b)', A: '& I a(b)' });
  });

  test('can hide a field that its objects show', () => {
    const contract = contractOf(
      'type Query { i: I } interface I { a: Int b: Int @tag(name: "x") } type A implements I { a: Int b: Int }',
      EXCLUDE,
    );
    expect(outline(contract)).toEqual({ Query: 'i', I: 'a', A: '& I a b' });
  });
});

describe('no contract is made', () => {
  test.each([
    ['a required argument is hidden', 'type Query { a(b: Int! @tag(name: "x")): Int }', 'Query.a(b:)'],
    [
      'the type of a required argument is hidden',
      'type Query { a(b: B!): Int } input B @tag(name: "x") { c: Int }',
      'Query.a(b:)',
    ],
    [
      'a required input field is hidden',
      'type Query { a(b: B): Int } input B { c: Int! @tag(name: "x") d: Int }',
      'B.c',
    ],
    [
      'an object requires an argument that its interface hides',
      'type Query { i: I } interface I { a(b: Int! = 1 @tag(name: "x")): Int } type A implements I { a(b: Int!): Int }',
      'I.a(b:)',
    ],
    [
      'a default value names a hidden enum value',
      'type Query { a(b: [E!] = [A, B]): Int } enum E { A B @tag(name: "x") }',
      'Query.a(b:)',
    ],
    [
      'a default value names a hidden input field',
      'type Query { a(b: B): Int } input B { c: C = {e: 1} } input C { d: Int e: Int @tag(name: "x") }',
      'B.c',
    ],
    ['nothing is left to query', 'type Query @tag(name: "x") { a: Int } type Mutation { a: Int }', 'Query'],
    [
      "the type of a directive's required argument is hidden",
      'directive @d(e: E!) on FIELD type Query { a: Int } enum E @tag(name: "x") { A }',
      '@d(e:)',
    ],
  ])('when %s', (_, sdl, coordinate) => {
    expect(problemsOf(sdl, EXCLUDE)).toEqual([coordinate]);
  });

  test('and all reasons are told, with the filter', () => {
    const sdl = 'type Query { a(b: Int! @tag(name: "x")): Int c(d: Int! @tag(name: "x")): Int }';
    expect(problemsOf(sdl, EXCLUDE)).toEqual(['Query.a(b:)', 'Query.c(d:)']);
    expect(() => contractOf(sdl, INCLUDE)).toThrow(/includeTags: \[in\], excludeTags: \[x\]/);
  });

  test('but what is hidden or out of reach itself is no reason', () => {
    const sdl = `
      type Query { ok(b: Int! = 1 @tag(name: "x")): Int a(b: Int! @tag(name: "x")): Int @tag(name: "x") }
      type Far { a(b: Int! @tag(name: "x")): Int }
      input Out { c: Int! @tag(name: "x") d: Int }`;
    expect(outline(contractOf(sdl, EXCLUDE))).toEqual({ Query: 'ok' });
  });
});

test('a hidden input field that has a default value is in no other default value', () => {
  const contract = contractOf(
    'type Query { a(b: B = {d: 2}): Int } input B { c: Int = 1 @tag(name: "x") d: Int e: [F!] = [{}] @tag(name: "x") } input F { g: Int = 3 }',
    EXCLUDE,
  );
  expect(printSchema(contract)).toContain('a(b: B = {d: 2}): Int');
});

test('descriptions, deprecations, directives and scalar specifications are kept, and syntax nodes are not', () => {
  const sdl = `"Of the schema" schema { query: Query }
    "Asks" directive @ask("How" how: How = A) repeatable on FIELD
    "All" type Query { "One" a("Given" b: Int @deprecated(reason: "no b")): Int @deprecated(reason: "no a") t: Time n(n: N): Int h: Int @tag(name: "x") }
    "How it is asked" enum How { "First" A @deprecated(reason: "old") }
    "When" scalar Time @specifiedBy(url: "https://example.com/time")
    "Either" input N @oneOf { "C" c: Int d: Int }`;
  const contract = contractOf(sdl, EXCLUDE);
  const expected = buildASTSchema(parse(sdl.replace('h: Int @tag(name: "x")', '')));
  expect(printSchema(contract)).toBe(printSchema(expected));
  const types = Object.values(contract.getTypeMap()).filter(type => !type.name.startsWith('__'));
  expect(types.filter(type => type.astNode)).toEqual([]);
  expect(contract.astNode).toBeNull();
});

test('tags that nothing carries are told', () => {
  const document = parse('type Query { a(b: Int @tag(name: "arg")): Int @tag(name: "field") }');
  const filter = { includeTags: ['field', 'feild'], excludeTags: ['arg', 'feild', 'other'] };
  expect(unknownTags(document, filter)).toEqual(['feild', 'other']);
  expect(unknownTags(document, {})).toEqual([]);
});

describe('of the example supergraph', () => {
  const subgraphs = ['users', 'orders', 'products'].map(name => {
    const file = new URL(`../../subgraphs/${name}/schema.graphql`, import.meta.url);
    return { name, url: `http://${name}`, typeDefs: readFileSync(file, 'utf8') };
  });
  const sdl = composeSupergraph(subgraphs);
  const apiSchema = apiSchemaOf(sdl);
  const document = parse(sdl);
  const mobile = filterSchema(
    { document, apiSchema },
    { includeTags: ['mobile'], excludeTags: ['internal'] },
  );
  const open = filterSchema({ document, apiSchema }, { excludeTags: ['internal'] });

  const INTERNAL = ['fraudScore', 'costPrice', 'supportNotes', 'unitsSold'];
  const NOT_MOBILE = [...INTERNAL, 'Profile', 'Organization', 'Membership', 'Media', 'OrderFilter', 'users'];

  test('the mobile contract shows what is tagged and the open one what is not internal', () => {
    const queries = (schema: GraphQLSchema) => Object.keys(schema.getQueryType()?.getFields() ?? {}).sort();
    expect(queries(mobile)).toEqual(['me', 'order', 'product', 'products', 'review', 'search', 'user']);
    expect(queries(open)).toEqual(queries(apiSchema));
    expect(outline(mobile)).not.toHaveProperty('UserConnection');
    expect(outline(open)).toHaveProperty('UserConnection');
  });

  test.each([
    ['mobile', mobile, NOT_MOBILE],
    ['open', open, INTERNAL],
  ])('printing and introspecting %s names nothing hidden', (_, schema, hidden) => {
    const told = printSchema(schema) + JSON.stringify(introspectionFromSchema(schema));
    for (const name of hidden) expect(told).not.toMatch(new RegExp(`\\b${name}\\b`));
  });

  test.each([
    ['{ me { supportNote } }', 'supportNotes'],
    ['{ order(id: 1) { fraudScor } }', 'fraudScore'],
    ['{ product(id: 1) { costPric } }', 'costPrice'],
    ['{ me { organizatio { id } } }', 'organization'],
    ['query ($f: OrderFilte) { order(id: 1) { id } }', 'OrderFilter'],
    ['{ me { ... on Profil { id } } }', 'Profile'],
    ['{ user(id: 1) { id } userz { id } }', 'users'],
  ])('validation of %s suggests nothing hidden', (query, hidden) => {
    const messages = (schema: GraphQLSchema) =>
      validate(schema, parse(query))
        .map(({ message }) => message)
        .join();
    const suggested = new RegExp(`"${hidden}"`);
    expect(messages(apiSchema)).toMatch(suggested);
    expect(messages(mobile)).not.toBe('');
    expect(messages(mobile)).not.toMatch(suggested);
  });
});
