import { buildSchema, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { callerDependences } from '../../../src/cache/policy/caller-dependence.ts';
import { createGuards, type RuleFor } from '../../../src/policy/authorize/guards.ts';
import { readAccess } from '../../../src/supergraph/access.ts';
import { examineCacheControl } from '../../../src/supergraph/cache-directives.ts';
import { DEFINITIONS } from './cached-graph.ts';

const ACCESS = `
  directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE
  directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION | OBJECT
  directive @policy(policies: [[String!]!]!) on FIELD_DEFINITION | OBJECT`;

interface Given {
  readonly ruled?: readonly string[];
  readonly told?: readonly string[];
  readonly owners?: Readonly<Record<string, readonly string[]>>;
  readonly defaultMaxAgeMs?: number;
}

function find(typeDefs: string, { ruled = [], told = [], owners = {}, defaultMaxAgeMs = 0 }: Given = {}) {
  const document = parse(typeDefs);
  const schema = buildSchema(`${DEFINITIONS} ${ACCESS} ${typeDefs}`);
  const rule = { kind: 'leaf' } as unknown as ReturnType<RuleFor>;
  const found = callerDependences({
    schema,
    hints: examineCacheControl(document).hints,
    defaultMaxAgeMs,
    guardOf: createGuards({
      access: readAccess(document),
      schema,
      ruleFor: (typeName, fieldName) => (ruled.includes(`${typeName}.${fieldName}`) ? rule : null),
    }),
    owners: new Map(Object.entries(owners)),
    told: new Set(told),
  });
  return Object.fromEntries(found.map(({ coordinate, reason }) => [coordinate, reason]));
}

describe('a public field that is guarded', () => {
  test.each([
    [
      'type Query { a: Int @authenticated @cacheControl(maxAge: 5, scope: PUBLIC) }',
      'Query.a',
      '@authenticated guards it',
    ],
    [
      'type Query { a: A @cacheControl(maxAge: 5, scope: PUBLIC) } type A @requiresScopes(scopes: [["x"]]) { b: Int }',
      'Query.a',
      '@requiresScopes guards it',
    ],
    [
      'type Query { a: A } type A @policy(policies: [["x"]]) @cacheControl(maxAge: 5, scope: PUBLIC) { b: Int }',
      'Query.a',
      '@policy guards it',
    ],
    [
      'type Query { n: N @cacheControl(maxAge: 5, scope: PUBLIC) } interface N @authenticated { b: Int } type A implements N { b: Int }',
      'Query.n',
      '@authenticated guards it',
    ],
  ])('is told: %s', (typeDefs, coordinate, reason) => {
    expect(find(typeDefs)).toEqual({ [coordinate]: expect.stringContaining(reason) });
  });

  test('is told of a rule, too', () => {
    const typeDefs = 'type Query { a: Int @cacheControl(maxAge: 5, scope: PUBLIC) b: Int }';
    expect(find(typeDefs, { ruled: ['Query.a', 'Query.b'] })).toEqual({
      'Query.a': 'is PUBLIC, but an authorization rule guards it; if answers differ, say scope: PRIVATE',
    });
  });

  test.each([
    // It is private without a word.
    'type Query { a: Int @authenticated @cacheControl(maxAge: 5) }',
    'type Query { a: Int @authenticated @cacheControl(maxAge: 5, scope: PRIVATE) }',
    // It is never kept.
    'type Query { a: Int @authenticated @cacheControl(maxAge: 0, scope: PUBLIC) }',
    'type Query { a: Int @authenticated @cacheControl(scope: PUBLIC) }',
    'type Query { b: Int } type Mutation { a: Int @authenticated @cacheControl(maxAge: 5, scope: PUBLIC) }',
  ])('is not told where it is none: %s', typeDefs => {
    expect(find(typeDefs)).toEqual({});
  });
});

describe('a public field of a subgraph that is told who asks', () => {
  const owners = {
    'Query.a': ['users'],
    'Query.u': ['users', 'shop'],
    'U.n': ['users'],
    'U.m': ['users'],
    'Query.b': ['shop'],
  };
  const typeDefs = `
    type Query { a: Int @cacheControl(maxAge: 5) b: Int @cacheControl(maxAge: 5) u: U }
    type U @cacheControl(maxAge: 9) { n: Int m: Int @cacheControl(maxAge: 1) }`;

  test('is told where a hint keeps it', () => {
    expect(find(typeDefs, { told: ['users'], owners })).toEqual({
      'Query.a':
        'is kept for everybody, but users is told who asks; say scope: PRIVATE if answers differ, scope: PUBLIC if not',
      'Query.u': expect.any(String),
      'U.m': expect.any(String),
    });
  });

  test('is not told where PUBLIC is written', () => {
    const isPublic = typeDefs.replace(
      'a: Int @cacheControl(maxAge: 5)',
      'a: Int @cacheControl(maxAge: 5, scope: PUBLIC)',
    );
    expect(Object.keys(find(isPublic, { told: ['users'], owners }))).toEqual(['Query.u', 'U.m']);
  });

  test('is not told where its type is private', () => {
    const isPrivate = typeDefs.replace('(maxAge: 9)', '(maxAge: 9, scope: PRIVATE)');
    expect(Object.keys(find(isPrivate, { told: ['users'], owners }))).toEqual(['Query.a']);
  });

  test('is told where the default keeps it', () => {
    const plain = 'type Query { a: Int }';
    expect(find(plain, { told: ['users'], owners })).toEqual({});
    expect(Object.keys(find(plain, { told: ['users'], owners, defaultMaxAgeMs: 1 }))).toEqual(['Query.a']);
  });
});
