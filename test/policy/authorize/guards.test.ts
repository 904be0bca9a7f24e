import { buildASTSchema, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { createGuards, type Guard, type RuleFor } from '../../../src/policy/authorize/guards.ts';
import { ALLOW, DENY, type RulePlan } from '../../../src/policy/authorize/rules/rule-plan.ts';
import { readAccess } from '../../../src/supergraph/access.ts';

/** Definitions as a supergraph has them, with access directives under their own names. */
function guardsOf(definitions: string, ruleFor: RuleFor = () => null): (coordinate: string) => Guard | null {
  const document = parse(definitions);
  const schema = buildASTSchema(document, { assumeValid: true, assumeValidSDL: true });
  const guardOf = createGuards({ access: readAccess(document), schema, ruleFor });
  return coordinate => {
    const [typeName = '', fieldName = ''] = coordinate.split('.');
    return guardOf(typeName, fieldName);
  };
}

/** The scopes of a guard, sorted; null where there is none. */
function scopesOf(guard: Guard | null): readonly string[] | null {
  return guard === null ? null : guard.requirements.flatMap(({ scopes }) => scopes.flat(2)).sort();
}

const needs = (scope: string): string => `@requiresScopes(scopes: [["${scope}"]])`;

describe('the guard of a field', () => {
  const guard = guardsOf(`
    type Query { open: String own: String ${needs('own')} thing: Thing! things: [[Thing!]!] when: Date mood: Mood any: Any }
    type Thing ${needs('thing')} { id: ID name: String ${needs('name')} }
    scalar Date ${needs('date')}
    enum Mood ${needs('mood')} { A }
    union Any = Thing | Other
    type Other { id: ID }
  `);
  test.each<[string, readonly string[] | null]>([
    ['Query.open', null],
    ['Query.own', ['own']],
    ['Query.thing', ['thing']],
    ['Query.things', ['thing']],
    ['Thing.id', ['thing']],
    ['Thing.name', ['name', 'thing']],
    ['Query.when', ['date']],
    ['Query.mood', ['mood']],
    ['Query.any', null],
    ['Other.id', null],
    ['Query.absent', null],
    ['Absent.field', null],
    ['Query.constructor', null],
    ['Any.__typename', ['thing']],
  ])('%s takes %j', (coordinate, scopes) => expect(scopesOf(guard(coordinate))).toEqual(scopes));
});

describe('a field of an interface', () => {
  test('takes what every type takes that implements it, and theirs nothing of each other', () => {
    const guard = guardsOf(`
      type Query { nodes: [Node] }
      interface Node { id: ID name: String }
      interface Named implements Node { id: ID name: String }
      type A implements Node & Named { id: ID name: String ${needs('a')} }
      type B implements Node { id: ID name: String ${needs('b')} }
      type C implements Node ${needs('c')} { id: ID name: String }
    `);
    expect(scopesOf(guard('Node.name'))).toEqual(['a', 'b', 'c']);
    expect(scopesOf(guard('Node.id'))).toEqual(['c']);
    expect(scopesOf(guard('Named.name'))).toEqual(['a']);
    expect(scopesOf(guard('A.name'))).toEqual(['a']);
    expect(scopesOf(guard('B.name'))).toEqual(['b']);
    expect(guard('A.id')).toBeNull();
  });

  test('that alone is guarded is guarded on its types, too', () => {
    const guard = guardsOf(`
      type Query { nodes: [Node] }
      interface Node { id: ID name: String ${needs('name')} both: String ${needs('a')} }
      type A implements Node { id: ID name: String both: String ${needs('a')} }
      type B implements Node { id: ID name: String both: String own: ID }
      interface Closed ${needs('closed')} { id: ID }
      type D implements Closed { id: ID own: ID }
    `);
    expect(scopesOf(guard('A.name'))).toEqual(['name']);
    expect(scopesOf(guard('B.name'))).toEqual(['name']);
    // Composition has handed this one up from A: it is none of B's.
    expect(guard('B.both')).toBeNull();
    expect(guard('B.own')).toBeNull();
    expect(scopesOf(guard('D.id'))).toEqual(['closed']);
    expect(guard('D.own')).toBeNull();
  });
});

describe('a field that is computed from others', () => {
  const JOIN = 'directive @join__field(graph: String, requires: String) repeatable on FIELD_DEFINITION';
  test('takes what these take, and those that these are computed from', () => {
    const guard = guardsOf(`${JOIN}
      type Query { a: A }
      type A {
        id: ID
        total: Int @join__field(graph: "X", requires: "parts { price }")
        parts: [Part]
        tax: Int @join__field(graph: "X", requires: "total")
        free: Int @join__field(graph: "X", requires: "id")
      }
      type Part ${needs('part')} { price: Int ${needs('price')} }
    `);
    expect(scopesOf(guard('A.total'))).toEqual(['part', 'price']);
    expect(scopesOf(guard('A.tax'))).toEqual(['part', 'price']);
    expect(guard('A.free')).toBeNull();
  });

  test('as the interface says where an interface object computes it', () => {
    const guard = guardsOf(`${JOIN}
      type Query { a: A }
      interface Node { id: ID name: String badge: String @join__field(graph: "X", requires: "name") }
      type A implements Node { id: ID name: String ${needs('name')} badge: String @join__field }
    `);
    expect(scopesOf(guard('A.badge'))).toEqual(['name']);
    expect(scopesOf(guard('Node.badge'))).toEqual(['name']);
  });
});

describe('a rule', () => {
  const leaf = (isContextual: boolean): RulePlan => ({
    kind: 'leaf',
    name: '',
    check: () => true,
    cache: 'contextual',
    isContextual,
    fragments: [],
  });
  const JOIN = 'directive @join__field(graph: String, requires: String) repeatable on FIELD_DEFINITION';
  const definitions = `${JOIN}
    type Query { nodes: [Node] }
    interface Node { id: ID }
    type A implements Node { id: ID sum: Int @join__field(graph: "X", requires: "id args") args: Int }
    type B implements Node { id: ID }
  `;

  test('of an object type is asked where the interface is read, about its own type', () => {
    const rules = new Map([
      ['A.id', DENY],
      ['B.id', leaf(true)],
    ]);
    const guard = guardsOf(definitions, (type, field) => rules.get(`${type}.${field}`) ?? null);
    const found = guard('Node.id')?.rules ?? new Map();
    expect([...found].map(([rule, types]) => [rule.kind, [...types]])).toEqual([
      ['deny', ['A']],
      ['leaf', ['B']],
    ]);
    expect([...(guard('B.id')?.rules ?? [])]).toHaveLength(1);
  });

  test('that allows everything is none', () => {
    expect(guardsOf(definitions, () => ALLOW)('Node.id')).toBeNull();
  });

  test('of a required field counts, unless it is about arguments or objects', () => {
    const rules = new Map([
      ['A.id', leaf(true)],
      ['A.args', leaf(false)],
    ]);
    const guard = guardsOf(definitions, (type, field) => rules.get(`${type}.${field}`) ?? null);
    expect([...(guard('A.sum')?.rules.keys() ?? [])]).toEqual([rules.get('A.id')]);
  });
});
