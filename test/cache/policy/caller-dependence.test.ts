import { buildSchema, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { callerDependences } from '../../../src/cache/policy/caller-dependence.ts';
import { overrideHints } from '../../../src/cache/policy/hints.ts';
import type { CacheHint } from '../../../src/config/cache.ts';
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
  readonly written?: Readonly<Record<string, CacheHint>>;
}

function find(typeDefs: string, given: Given = {}) {
  const { ruled = [], told = [], owners = {}, defaultMaxAgeMs = 0, written = {} } = given;
  const document = parse(typeDefs);
  const schema = buildSchema(`${DEFINITIONS} ${ACCESS} ${typeDefs}`);
  const rule = { kind: 'leaf' } as unknown as ReturnType<RuleFor>;
  const found = callerDependences({
    schema,
    hints: overrideHints(examineCacheControl(document).hints, written),
    written: new Map(Object.entries(written)),
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
      'Query.a':
        'is PUBLIC, but an authorization rule guards it; say scope: PRIVATE if answers differ, cache.fields.Query.a.scope: PUBLIC in the configuration if not',
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
        'is kept for everybody, but users is told who asks; say scope: PRIVATE if answers differ, cache.fields.Query.a.scope: PUBLIC in the configuration if not',
      'Query.u': expect.any(String),
      'U.m': expect.any(String),
    });
  });

  test('is told where a subgraph says PUBLIC, as it need not know what it is told', () => {
    const isPublic = typeDefs.replaceAll(/maxAge: \d/g, '$&, scope: PUBLIC');
    const found = find(isPublic, { told: ['users'], owners });
    expect(Object.keys(found)).toEqual(['Query.a', 'Query.u', 'U.m']);
    expect(found['Query.u']).toContain('cache.fields.U.scope: PUBLIC');
    expect(found['U.m']).toContain('cache.fields.U.m.scope: PUBLIC');
  });

  test('is not told where the configuration says PUBLIC of what the advice names', () => {
    const scope = 'PUBLIC' as const;
    const keys = (written: Record<string, CacheHint>, types = typeDefs) =>
      Object.keys(find(types, { told: ['users'], owners, written }));
    expect(keys({ 'Query.a': { scope } })).toEqual(['Query.u', 'U.m']);
    expect(keys({ 'Query.a': { maxAge: 1_000 } })).toEqual(['Query.a', 'Query.u', 'U.m']);
    expect(keys({ 'Query.a': { scope }, U: { scope }, 'U.m': { scope } })).toEqual([]);
    expect(keys({ U: { scope } })).toEqual(['Query.a', 'U.m']);
    // What is said of the field goes before what is said of its type.
    const own = typeDefs.replace('u: U', 'u: U @cacheControl(scope: PUBLIC)');
    expect(keys({ U: { scope }, 'U.m': { scope } }, own)).toEqual(['Query.a', 'Query.u']);
  });

  test('nor is a guarded one', () => {
    const guarded = 'type Query { a: Int @authenticated @cacheControl(maxAge: 5, scope: PUBLIC) }';
    expect(Object.keys(find(guarded))).toEqual(['Query.a']);
    expect(find(guarded, { told: ['users'], owners, written: { 'Query.a': { scope: 'PUBLIC' } } })).toEqual(
      {},
    );
  });

  test('is not told where it is guarded and nothing is said of its scope, which makes it private', () => {
    const guarded = 'type Query { a: Int @authenticated @cacheControl(maxAge: 5) }';
    expect(find(guarded, { told: ['users'], owners })).toEqual({});
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
