import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { costConfig } from '../../../src/config/cost.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { checkCostOverrides, costProblems } from '../../../src/policy/cost/problems.ts';
import { readCostDirectives } from '../../../src/supergraph/cost-directives.ts';
import { schemaOf } from './costing.ts';

const INPUTS =
  'input Page { first: Int size: PageSize sizes: [PageSize!] } input PageSize { most: Int text: String } scalar Long';

function problemsOf(field: string) {
  const typeDefs = `type Query { ${field} } type Page2 { items: [Int] total: Int } union U = Page2 ${INPUTS}`;
  return costProblems(readCostDirectives(parse(typeDefs)), schemaOf(typeDefs));
}

describe('directives', () => {
  test.each([
    ['a(first: Int!): [Int] @listSize(slicingArguments: ["first"])'],
    ['a(ids: [ID!]): [Int] @listSize(slicingArguments: ["ids"])'],
    ['a(n: Long): [Int] @listSize(slicingArguments: ["n"])'],
    ['a(page: Page): [Int] @listSize(slicingArguments: ["page.size.most"])'],
    ['a: Page2 @listSize(assumedSize: 3, sizedFields: ["items"])'],
    ['a: U @listSize(assumedSize: 3, sizedFields: ["items"])'],
    ['a: [Int] @listSize(assumedSize: 0) @cost(weight: 0)'],
  ])('that can be meant are no problem: %s', field => {
    expect(problemsOf(field)).toEqual([]);
  });

  test.each([
    ['a: Int @cost(weight: -3)', 'the weight of @cost is -3'],
    ['a: Int @listSize(assumedSize: 3)', 'it is no list'],
    ['a(first: Int): [Int] @listSize(slicingArguments: ["frist"])', 'did you mean "first"?'],
    ['a: [Int] @listSize(slicingArguments: ["first"])', 'the slicing argument "first" does not exist'],
    ['a(first: String): [Int] @listSize(slicingArguments: ["first"])', '"first" is a String'],
    ['a(page: Page): [Int] @listSize(slicingArguments: ["page"])', '"page" is a Page'],
    ['a(page: Page): [Int] @listSize(slicingArguments: ["page.none"])', '"page.none" does not exist'],
    ['a(page: Page): [Int] @listSize(slicingArguments: ["page.first.most"])', 'does not exist'],
    ['a(page: Page): [Int] @listSize(slicingArguments: ["page.size.text"])', 'is a String'],
    ['a(pages: [Page]): [Int] @listSize(slicingArguments: ["pages.first"])', 'through "pages", a list'],
    ['a(page: Page): [Int] @listSize(slicingArguments: ["page.sizes.most"])', 'through "sizes", a list'],
    ['a(ids: [[ID!]]): [Int] @listSize(slicingArguments: ["ids"])', 'lists in its list'],
    ['a: Page2 @listSize(assumedSize: 3, sizedFields: ["total"])', 'the sized field "total" is no list'],
    ['a: Page2 @listSize(assumedSize: 3, sizedFields: ["none"])', 'does not exist on Page2'],
    ['a: Int @listSize(assumedSize: 3, sizedFields: ["none"])', 'Int has no fields'],
  ])('that cannot are named with their coordinate: %s', (field, text) => {
    const [problem, ...others] = problemsOf(field);
    expect(others).toEqual([]);
    expect(problem).toMatch(/^Query\.a: /);
    expect(problem).toContain(text);
  });
});

describe('settings', () => {
  const typeDefs = `type Query { users(first: Int, page: Page): [User] one: User } type User { name: String } enum Kind { A } ${INPUTS}`;
  const check = (config: object) =>
    checkCostOverrides(parseConfig(costConfig, config, 'the test'), {
      schema: schemaOf(typeDefs),
      table: readCostDirectives(parse(typeDefs)),
    });

  test('of coordinates that exist are taken', () => {
    expect(() =>
      check({
        weights: {
          User: 1,
          'User.name': 2,
          'Query.users(first:)': 3,
          'Page.first': 4,
          Kind: 5,
          Long: 6,
          Page: 7,
        },
        listSizes: { 'Query.users': { slicingArguments: ['first', 'page.first'], assumedSize: 5 } },
      }),
    ).not.toThrow();
  });

  test.each([
    [
      { weights: { 'User.nam': 1 } },
      'policy.cost.weights.User.nam: the supergraph has no such coordinate; did you mean "User.name"?',
    ],
    [{ weights: { 'Query.users(frist:)': 1 } }, 'did you mean "Query.users(first:)"?'],
    [{ weights: { Zzzzzzzzzzzz: 1 } }, 'there is nothing like it'],
    [{ listSizes: { 'Query.user': { assumedSize: 1 } } }, 'did you mean "Query.users"?'],
    [{ listSizes: { 'Query.one': { assumedSize: 1 } } }, 'policy.cost.listSizes.Query.one: it is no list'],
    [
      { listSizes: { 'Query.users': { slicingArguments: ['last'] } } },
      'the slicing argument "last" does not exist',
    ],
    [{ weights: { User: -1 } }, 'User'],
    [{ weights: { User: 1.5 } }, 'User'],
    [{ weights: { 'Query.users.first': 1 } }, 'a coordinate is'],
    [{ listSizes: { User: { assumedSize: 1 } } }, 'Type.field'],
    [{ listSizes: { 'Query.users': { assumed: 1 } } }, 'listSizes.Query.users.assumed: no such key'],
    [{ max: 0 }, 'max'],
    [{ mode: 'on' }, 'mode'],
    [{ defaultListSize: 0 }, 'defaultListSize'],
  ])('that cannot be meant are refused: %j', (config, text) => {
    expect(() => check(config)).toThrow(text);
  });
});
