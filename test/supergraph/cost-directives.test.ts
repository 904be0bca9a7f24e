import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { readCostDirectives } from '../../src/supergraph/cost-directives.ts';
import { composeSupergraph } from '../support/compose.ts';

const link = (names: string) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key" "@shareable" ${names}])`;

function costs(names: string, ...typeDefs: string[]) {
  const subgraphs = typeDefs.map((text, index) => ({
    name: `s${index}`,
    url: `http://s${index}`,
    typeDefs: `${link(names)}\n${text}`,
  }));
  const { weights, listSizes, problems } = readCostDirectives(parse(composeSupergraph(subgraphs)));
  return { weights: Object.fromEntries(weights), listSizes: Object.fromEntries(listSizes), problems };
}

const ofText = (sdl: string) => readCostDirectives(parse(sdl));

const SCHEMA = `
  type Query {
    items(first: Int @COST(weight: 2), filter: Filter): [Item!]! @COST(weight: 3) @LIST(assumedSize: 5, slicingArguments: ["first"])
    page(first: Int, last: Int): Page @LIST(slicingArguments: ["first", "last"], sizedFields: ["items"], requireOneSlicingArgument: false)
  }
  input Filter { text: String @COST(weight: 4) }
  enum Kind @COST(weight: 5) { A }
  scalar Stamp @COST(weight: 6)
  type Item @COST(weight: 7) { kind: Kind stamp: Stamp }
  type Page { items: [Item!] }`;

const WEIGHTS = {
  'Query.items': 3,
  'Query.items(first:)': 2,
  'Filter.text': 4,
  Kind: 5,
  Stamp: 6,
  Item: 7,
};

describe('cost directives', () => {
  test.each([
    ['as they are called', '"@cost" "@listSize"', '@cost', '@listSize'],
    ['renamed', '{name: "@cost", as: "@price"} {name: "@listSize", as: "@len"}', '@price', '@len'],
    ['not imported', '', '@federation__cost', '@federation__listSize'],
  ])('are read from everything that can carry them, %s', (_, names, cost, list) => {
    const read = costs(names, SCHEMA.replaceAll('@COST', cost).replaceAll('@LIST', list));
    expect(read).toEqual({
      weights: WEIGHTS,
      listSizes: {
        'Query.items': {
          assumedSize: 5,
          slicingArguments: ['first'],
          sizedFields: [],
          requireOneSlicingArgument: true,
        },
        'Query.page': {
          assumedSize: null,
          slicingArguments: ['first', 'last'],
          sizedFields: ['items'],
          requireOneSlicingArgument: false,
        },
      },
      problems: [],
    });
  });

  test('of several subgraphs are the dearest and the longest that any of them says', () => {
    const field = (text: string) => `type Query { items(first: Int, last: Int): [Int!]! @shareable ${text} }`;
    const { weights, listSizes } = costs(
      '"@cost" "@listSize"',
      field(
        '@cost(weight: 3) @listSize(assumedSize: 9, slicingArguments: ["first"], requireOneSlicingArgument: false)',
      ),
      field('@cost(weight: 8) @listSize(assumedSize: 4, slicingArguments: ["last"])'),
    );
    expect(weights).toEqual({ 'Query.items': 8 });
    expect(listSizes['Query.items']).toEqual({
      assumedSize: 9,
      slicingArguments: ['first', 'last'],
      sizedFields: [],
      requireOneSlicingArgument: false,
    });
  });

  test('are found without a link, and as text', () => {
    expect(ofText('type Query { a: Int @cost(weight: "12") }').weights.get('Query.a')).toBe(12);
  });

  test.each(['-1', '1.5', '"1.5"', '"many"', 'null', 'true', '[1]', '""'])(
    'with the weight %s are problems, and weigh nothing',
    weight => {
      const { weights, problems } = ofText(`type Query { a: Int @cost(weight: ${weight}) }`);
      expect(weights.size).toBe(0);
      expect(problems).toEqual([expect.stringMatching(/^Query\.a: the weight of @cost is /)]);
    },
  );

  test('without a weight are problems', () => {
    expect(ofText('type Query { a: Int @cost }').problems).toHaveLength(1);
  });

  test.each(['assumedSize: -1', 'assumedSize: 0.5', 'slicingArguments: [1]', 'sizedFields: [a]'])(
    'with %s are problems',
    text => {
      const { listSizes, problems } = ofText(`type Query { a: [Int] @listSize(${text}) }`);
      expect(problems).toHaveLength(text === 'sizedFields: [a]' ? 0 : 1);
      expect(listSizes.get('Query.a')).toBeDefined();
    },
  );
});
