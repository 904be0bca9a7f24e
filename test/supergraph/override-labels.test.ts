import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { type OverrideTable, readOverrides } from '../../src/supergraph/override-labels.ts';
import { overrideShares, unknownLabels } from '../../src/supergraph/override-shares.ts';
import { composeSupergraph } from '../support/compose.ts';

const shop = (typeDefs: string) => ({ name: 'shop', url: 'http://shop', typeDefs });
const next = (typeDefs: string) => ({ name: 'next', url: 'http://next', typeDefs });

function tableOf(old: string, overriding: string): OverrideTable {
  return readOverrides(parse(composeSupergraph([shop(old), next(overriding)])));
}

const touchedBy = ({ touched }: OverrideTable) => Object.fromEntries(touched);

describe('labels of progressive overrides', () => {
  test('are read with the share that they say themselves', () => {
    const table = tableOf(
      'type Query { a: Int b: Int c: Int d: Int }',
      `type Query {
        a: Int @override(from: "shop", label: "percent(2.5)")
        b: Int @override(from: "shop", label: "beta")
        c: Int @override(from: "shop", label: "beta")
        d: Int @override(from: "shop")
      }`,
    );
    expect(Object.fromEntries(table.labels)).toEqual({ 'percent(2.5)': 2.5, beta: null });
    expect(touchedBy(table)).toEqual({
      'Query.a': ['percent(2.5)'],
      'Query.b': ['beta'],
      'Query.c': ['beta'],
    });
    expect(table.unavoidable).toEqual([]);
  });

  test('are touched by fields that require an overridden one, directly or not', () => {
    const table = readOverrides(
      parse(`
        enum join__Graph {
          SHOP @join__graph(name: "shop", url: "") NEXT @join__graph(name: "next", url: "") TAX @join__graph(name: "tax", url: "")
        }
        type Bill @join__type(graph: SHOP, key: "id") @join__type(graph: NEXT, key: "id") @join__type(graph: TAX, key: "id") {
          id: ID!
          amount: Int @join__field(graph: SHOP, overrideLabel: "beta")
            @join__field(graph: NEXT, override: "shop", overrideLabel: "beta") @join__field(graph: TAX, external: true)
          tax: Int @join__field(graph: TAX, requires: "amount") @join__field(graph: NEXT, external: true)
          total: Int @join__field(graph: NEXT, requires: "tax")
          note: String @join__field(graph: SHOP)
        }`),
    );
    const beta = ['beta'];
    expect(touchedBy(table)).toEqual({ 'Bill.amount': beta, 'Bill.tax': beta, 'Bill.total': beta });
  });

  test('are touched by a field of an interface where an implementation has them', () => {
    const table = tableOf(
      `type Query { items: [Item] } interface Item { id: ID! color: String size: Int }
       type Chair implements Item @key(fields: "id") { id: ID! color: String size: Int }
       type Lamp implements Item @key(fields: "id") { id: ID! color: String size: Int }`,
      'type Chair @key(fields: "id") { id: ID! color: String @override(from: "shop", label: "beta") }',
    );
    expect(touchedBy(table)).toEqual({ 'Item.color': ['beta'], 'Chair.color': ['beta'] });
  });

  test('of a field in a key are touched by every operation', () => {
    const table = tableOf(
      `type Query { bills: [Bill] }
       type Bill @key(fields: "id") @key(fields: "number") { id: ID! number: Int total: Int }`,
      `type Bill @key(fields: "id") @key(fields: "number") {
         id: ID! number: Int @override(from: "shop", label: "beta") extra: Int }`,
    );
    expect(table.unavoidable).toEqual(['beta']);
  });

  test('are none where every override is for good', () => {
    const table = tableOf('type Query { a: Int b: Int }', 'type Query { a: Int @override(from: "shop") }');
    expect(table.labels.size).toBe(0);
    expect(table.touched.size).toBe(0);
  });
});

describe('shares', () => {
  const labels = new Map([
    ['beta', null],
    ['gamma', null],
    ['percent(5)', 5],
  ]);
  const table: OverrideTable = { labels, touched: new Map(), unavoidable: [] };

  test('are those of the config, and none for a label that it leaves out', () => {
    const shares = (config: Parameters<typeof overrideShares>[1]) =>
      Object.fromEntries(overrideShares(table, config));
    expect(shares({})).toEqual({ beta: 0, gamma: 0, 'percent(5)': 5 });
    expect(shares({ beta: true, gamma: false })).toEqual({ beta: 100, gamma: 0, 'percent(5)': 5 });
    expect(shares({ beta: 12.5 })).toEqual({ beta: 12.5, gamma: 0, 'percent(5)': 5 });
  });

  test('of labels that nobody declares are told of with the nearest one', () => {
    expect(unknownLabels(table, { beta: true, gama: 5, 'new-checkout': true })).toEqual([
      'execution.overrides.gama: no subgraph has such a label; did you mean "gamma"?',
      'execution.overrides.new-checkout: no subgraph has such a label; there are beta, gamma',
    ]);
  });
});
