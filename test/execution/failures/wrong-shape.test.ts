import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answersWith, type Catalogue, SECRET, startCatalogue } from './catalogue.ts';

type Expected = readonly (readonly [code: string, path: string | null])[];

interface Case {
  readonly query: string;
  readonly body: unknown;
  readonly data: unknown;
  readonly errors: Expected;
}

function entities(...list: unknown[]): unknown {
  return { data: { _entities: list } };
}

const BAD = 'SUBGRAPH_BAD_RESPONSE';
const ERROR = 'SUBGRAPH_ERROR';
const PRICES = '{ products { name price } }';
const NO_PRICES = {
  products: [
    { name: 'name 1', price: null },
    { name: 'name 2', price: null },
  ],
};
const BAD_PRICES: Expected = [
  [BAD, 'products.0.price'],
  [BAD, 'products.1.price'],
];

function root(field: string, value: unknown): Case {
  return {
    query: `{ fine here: ${field} }`,
    body: { data: { [field.replace(/ .*/, '')]: value, here: value } },
    data: { fine: 'fine', here: null },
    errors: [[BAD, 'here']],
  };
}

const cases: Readonly<Record<string, Case>> = {
  'data is a list': {
    query: '{ fine broken }',
    body: { data: [] },
    data: { fine: 'fine', broken: null },
    errors: [[BAD, 'broken']],
  },
  'data is a string': {
    query: '{ fine broken }',
    body: { data: 'x' },
    data: { fine: 'fine', broken: null },
    errors: [[BAD, 'broken']],
  },
  'data is a number': {
    query: '{ fine broken }',
    body: { data: 1 },
    data: { fine: 'fine', broken: null },
    errors: [[BAD, 'broken']],
  },
  'there is neither data nor an error': {
    query: '{ fine broken }',
    body: {},
    data: { fine: 'fine', broken: null },
    errors: [[BAD, 'broken']],
  },
  'data is null without an error': {
    query: '{ fine broken }',
    body: { data: null },
    data: { fine: 'fine', broken: null },
    errors: [[BAD, 'broken']],
  },
  'the answer is a list': {
    query: '{ fine broken }',
    body: [],
    data: { fine: 'fine', broken: null },
    errors: [[BAD, 'broken']],
  },
  'the answer is null': {
    query: '{ fine broken }',
    body: 'null',
    data: { fine: 'fine', broken: null },
    errors: [[BAD, 'broken']],
  },
  'a word is a number': root('word', 1),
  'a word is an object': root('word', {}),
  'a word is a list': root('word', ['a']),
  'a count is a word': root('count', '1'),
  'a count has a fraction': root('count', 1.5),
  'a count is too large': root('count', 2_147_483_648),
  'a count is true': root('count', true),
  'a ratio is a word': root('ratio', '1.5'),
  'a flag is a number': root('flag', 1),
  'an enum has an unknown value': root('colour', 'BLUE'),
  'an enum is a number': root('colour', 1),
  'a list is one word': root('words', 'a'),
  'a list is an object': root('words', { 0: 'a', length: 1 }),
  'a list that has no nulls has one': { ...root('words', ['a', null]), errors: [[BAD, 'here.1']] },
  'an item of a list is of another type': { ...root('words', ['a', 1]), errors: [[BAD, 'here.1']] },
  'an object is a list': root('part { size }', []),
  'an object is a word': root('part { size }', 'x'),
  'a field that is never null is missing': {
    ...root('part { label size }', { label: 'a' }),
    errors: [[BAD, 'here.size']],
  },
  'some items of a list do not fit': {
    query: '{ fine sparse { size } }',
    body: { data: { sparse: [{ size: 1 }, 'x', { size: null }, [], { size: 2 }] } },
    data: { fine: 'fine', sparse: [{ size: 1 }, null, null, null, { size: 2 }] },
    errors: [
      [BAD, 'sparse.1'],
      [BAD, 'sparse.2.size'],
      [BAD, 'sparse.3'],
    ],
  },
  '_entities is an object': {
    query: PRICES,
    body: { data: { _entities: {} } },
    data: NO_PRICES,
    errors: BAD_PRICES,
  },
  '_entities is missing': { query: PRICES, body: { data: {} }, data: NO_PRICES, errors: BAD_PRICES },
  '_entities is null': {
    query: PRICES,
    body: { data: { _entities: null } },
    data: NO_PRICES,
    errors: BAD_PRICES,
  },
  'there are too few entities': {
    query: PRICES,
    body: entities({ price: 1 }),
    data: NO_PRICES,
    errors: BAD_PRICES,
  },
  'there are too many entities': {
    query: PRICES,
    body: entities({ price: 1 }, { price: 2 }, { price: 3 }),
    data: NO_PRICES,
    errors: BAD_PRICES,
  },
  'an entity is a word': {
    query: PRICES,
    body: entities({ price: 1 }, 'x'),
    data: {
      products: [
        { name: 'name 1', price: 1 },
        { name: 'name 2', price: null },
      ],
    },
    errors: [[BAD, 'products.1.price']],
  },
  'entities are lists': {
    query: PRICES,
    body: entities([], [{ price: 1 }]),
    data: NO_PRICES,
    errors: BAD_PRICES,
  },
  'an entity is null': { query: PRICES, body: entities(null, null), data: NO_PRICES, errors: [] },
  'a strict field of an entity is null': {
    query: '{ fine best { name stock } }',
    body: entities({ stock: null }),
    data: { fine: 'fine', best: null },
    errors: [[BAD, 'best.stock']],
  },
  'an entity with a strict field is null': {
    query: '{ fine best { name stock } }',
    body: entities(null),
    data: { fine: 'fine', best: null },
    errors: [[BAD, 'best.stock']],
  },
  'data comes together with errors': {
    query: '{ fine word count }',
    body: { data: { word: 'w', count: null }, errors: [{ message: SECRET, path: ['count'] }] },
    data: { fine: 'fine', word: 'w', count: null },
    errors: [[ERROR, 'count']],
  },
  'an error has no path': {
    query: '{ fine word count }',
    body: { data: { word: 'w', count: null }, errors: [{ message: SECRET }] },
    data: { fine: 'fine', word: 'w', count: null },
    errors: [[ERROR, 'count']],
  },
  'an error has no path and nothing is missing': {
    query: '{ fine word }',
    body: { data: { word: 'w' }, errors: [{ message: SECRET }] },
    data: { fine: 'fine', word: 'w' },
    errors: [[ERROR, null]],
  },
  'an error is at a field nobody asked for': {
    query: '{ fine word }',
    body: { data: { word: 'w' }, errors: [{ message: SECRET, path: ['elsewhere', 'deep'] }] },
    data: { fine: 'fine', word: 'w' },
    errors: [[ERROR, null]],
  },
  'errors is an object': {
    query: '{ fine word }',
    body: { data: { word: 'w' }, errors: {} },
    data: { fine: 'fine', word: null },
    errors: [[BAD, 'word']],
  },
  'errors is null': {
    query: '{ fine word }',
    body: { data: { word: 'w' }, errors: null },
    data: { fine: 'fine', word: 'w' },
    errors: [],
  },
  'errors are no objects': {
    query: '{ fine word }',
    body: { data: { word: null }, errors: [1] },
    data: { fine: 'fine', word: null },
    errors: [[ERROR, 'word']],
  },
  'a strict root field failed': {
    query: '{ fine brokenStrict { size } }',
    body: { data: null, errors: [{ message: SECRET, path: ['brokenStrict'] }] },
    data: null,
    errors: [[ERROR, 'brokenStrict']],
  },
  'an error lies below a null': {
    query: '{ fine here: part { part { below: label } } }',
    body: {
      data: { here: { part: null } },
      errors: [
        { message: SECRET, path: ['here', 'part', 'label'] },
        { message: SECRET, path: ['here', 'part', 'below'] },
      ],
    },
    data: { fine: 'fine', here: { part: null } },
    errors: [
      [ERROR, 'here.part'],
      [ERROR, 'here.part.below'],
    ],
  },
  'an entity failed at a field': {
    query: '{ products { price } }',
    body: {
      data: {
        _entities: [{ price: 1 }, { price: null }],
      },
      errors: [{ message: SECRET, path: ['_entities', 1, 'price'] }],
    },
    data: { products: [{ price: 1 }, { price: null }] },
    errors: [[ERROR, 'products.1.price']],
  },
};

describe('a field answers null with its error, and others answer, when', () => {
  let gateway: Catalogue;
  beforeAll(async () => {
    gateway = await startCatalogue();
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  test.each(Object.entries(cases))('%s', async (_name, { query, body, data, errors }) => {
    answersWith(gateway.subgraphs.shaky, body);
    const answer = await gateway.ask(query);
    expect(answer.data ?? null).toEqual(data);
    const found = (answer.errors ?? []).map(({ path, extensions }) => [
      extensions?.['code'],
      path?.join('.') ?? null,
    ]);
    expect(found.sort()).toEqual([...errors].map(error => [...error]).sort());
    expect(JSON.stringify(answer.errors ?? [])).not.toContain('internal:5432');
  });
});
