import { expect, test } from 'vitest';
import { startOwnTime } from '../../support/own-time.ts';
import { answersWith, type Catalogue, SECRET, startCatalogue } from './catalogue.ts';

const ONE = {
  data: { word: null },
  errors: [{ message: SECRET, path: ['word'], extensions: { code: 'X', stack: SECRET } }],
};

async function errorsFor(
  gateway: Catalogue,
  errors: unknown,
  query = '{ fine word }',
): Promise<readonly unknown[]> {
  answersWith(gateway.subgraphs.shaky, {
    data: { word: null, _entities: [{ price: null }, { price: null }] },
    errors,
  });
  const answer = await gateway.ask(query);
  expect(answer.data).toMatchObject({ fine: 'fine' });
  return (answer.errors ?? []).map(({ path, extensions }) => [extensions?.['code'], path?.join('.') ?? null]);
}

test('messages, extensions and stacks of a subgraph stay inside', async () => {
  await using gateway = await startCatalogue();
  answersWith(gateway.subgraphs.shaky, ONE);
  const { errors = [] } = await gateway.ask('{ word }');
  expect(errors).toEqual([
    {
      message: expect.not.stringContaining('db'),
      path: ['word'],
      extensions: { code: 'SUBGRAPH_ERROR', subgraph: 'shaky' },
    },
  ]);
});

test('codes that are addressed to clients pass, with their messages', async () => {
  await using gateway = await startCatalogue({
    config: { execution: { subgraphs: { all: { errors: { passCodes: ['TOO_LATE'] } } } } },
  });
  const late = {
    message: 'Too late for that.',
    path: ['word'],
    extensions: { code: 'TOO_LATE', secret: SECRET },
  };
  answersWith(gateway.subgraphs.shaky, {
    data: { word: null },
    errors: [late, { ...late, extensions: { code: 'NOT_FOUND' } }],
  });
  const { errors } = await gateway.ask('{ word }');
  expect(errors).toEqual([
    { message: 'Too late for that.', path: ['word'], extensions: { code: 'TOO_LATE', subgraph: 'shaky' } },
    {
      message: expect.not.stringContaining('late'),
      path: ['word'],
      extensions: { code: 'SUBGRAPH_ERROR', subgraph: 'shaky' },
    },
  ]);
});

test('messages are shown where the subgraph is told to show them', async () => {
  await using gateway = await startCatalogue({
    config: { execution: { subgraphs: { shaky: { errors: { exposeMessages: true } } } } },
  });
  answersWith(gateway.subgraphs.shaky, ONE);
  const { errors } = await gateway.ask('{ word }');
  expect(errors).toEqual([
    { message: SECRET, path: ['word'], extensions: { code: 'SUBGRAPH_ERROR', subgraph: 'shaky' } },
  ]);
});

test.each([
  ['of a prototype', ['__proto__', 'polluted']],
  ['of a constructor', ['word', 'constructor', 'prototype', 'polluted']],
  ['with a huge index', ['words', 4_294_967_296]],
  ['with a negative index', ['words', -1]],
  ['with a fraction', ['words', 0.5]],
  ['that is a text', 'word'],
  ['that is empty', []],
  ['with a null in it', ['word', null]],
  ['that is very long', Array.from({ length: 100_000 }, () => 'word')],
  ['of very many numbers', ['words', ...Array.from({ length: 100_000 }, (_, index) => index)]],
])('a path %s is told without taking its word for it', async (_name, path) => {
  await using gateway = await startCatalogue();
  answersWith(gateway.subgraphs.shaky, {
    data: { word: 'w', words: ['a'] },
    errors: [{ message: SECRET, path }],
  });
  const { data, errors = [] } = await gateway.ask('{ fine word words }');
  expect(data).toEqual({ fine: 'fine', word: 'w', words: ['a'] });
  expect(errors).toHaveLength(1);
  expect(errors[0]?.extensions?.['code']).toBe('SUBGRAPH_ERROR');
  expect(errors[0]?.path?.length ?? 0).toBeLessThan(4);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('a path below a null keeps only the steps that the selection has', async () => {
  await using gateway = await startCatalogue();
  const path = ['part', ...Array.from({ length: 50_000 }, () => 7), 'part'];
  answersWith(gateway.subgraphs.shaky, { data: { part: null }, errors: [{ message: SECRET, path }] });
  const { errors = [] } = await gateway.ask('{ part { part { label } } }');
  expect(errors.map(error => error.path)).toEqual([['part']]);
});

test('an entity error may claim a prototype', async () => {
  await using gateway = await startCatalogue();
  const paths = [
    ['_entities', 0, '__proto__', 'toString'],
    ['_entities', 1, 'constructor', 'name'],
    ['_entities', 9, 'price'],
    ['_entities', -1],
    ['_entities', '__proto__'],
  ];
  const found = await errorsFor(
    gateway,
    paths.map(path => ({ message: SECRET, path })),
    '{ fine products { price } }',
  );
  expect(found).toContainEqual(['SUBGRAPH_ERROR', 'products.0.price']);
});

test('ten thousand errors become a bounded answer', async () => {
  await using gateway = await startCatalogue();
  const found = await errorsFor(
    gateway,
    Array.from({ length: 10_000 }, () => ({ message: SECRET, path: ['word'] })),
  );
  expect(found.length).toBeGreaterThan(0);
  expect(found.length).toBeLessThanOrEqual(200);
});

test('ten thousand errors without a path for five thousand entities take little time', async () => {
  await using gateway = await startCatalogue();
  const ids = Array.from({ length: 5_000 }, (_, index) => ({ __typename: 'Product', id: String(index) }));
  answersWith(gateway.subgraphs.steady, { data: { products: ids } });
  answersWith(gateway.subgraphs.shaky, {
    data: { _entities: null },
    errors: Array.from({ length: 10_000 }, () => ({ message: SECRET })),
  });
  using time = startOwnTime();
  const { errors = [] } = await gateway.ask('{ products { price tags part { label } } }');
  expect(errors.length).toBeLessThanOrEqual(200);
  expect(time.ms).toBeLessThan(2_000);
});

test('an error of one entity is told at each of its places', async () => {
  await using gateway = await startCatalogue();
  gateway.subgraphs.shaky.respond = ({ query, variables }, response) => {
    const data: Record<string, unknown> = {};
    const errors: unknown[] = [];
    for (const [, alias = '_entities', variable = ''] of query.matchAll(
      /(?:(\w+)\s*:\s*)?_entities\(representations:\s*\$(\w+)/g,
    )) {
      const list = variables[variable] as readonly { readonly id: string }[];
      data[alias] = list.map(({ id }) => ({ price: id === '2' ? null : 10 }));
      for (const [index, { id }] of list.entries())
        if (id === '2') errors.push({ message: SECRET, path: [alias, index, 'price'] });
    }
    response.end(JSON.stringify({ data, errors }));
  };
  const { data, errors = [] } = await gateway.ask(
    '{ fine all: products { price } best { price } product(id: 1) { price } }',
  );
  expect(data).toEqual({
    fine: 'fine',
    all: [{ price: 10 }, { price: null }],
    best: { price: null },
    product: { price: 10 },
  });
  expect(errors.map(({ path }) => path?.join('.')).sort()).toEqual(['all.1.price', 'best.price']);
});
