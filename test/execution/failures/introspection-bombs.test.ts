import { getIntrospectionQuery } from 'graphql';
import { expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';

/** A hundred types that lead to each other. */
function startWide(): Promise<TestGateway<'a'>> {
  const fields = (of: number): string =>
    Array.from({ length: 10 }, (_, index) => `f${index}(a: Int, b: [String!]): T${(of + index) % 100}`).join(
      ' ',
    );
  const types = Array.from({ length: 100 }, (_, index) => `type T${index} { ${fields(index)} }`).join('\n');
  return startGateway({
    subgraphs: { a: { typeDefs: `type Query { t: T0 } ${types}` } },
    config: { operation: { introspection: true } },
  });
}

const INNER = 'fields { type { fields { name args { name } } } }';

test.each([
  [
    'lists under many aliases',
    Array.from({ length: 100 }, (_, at) => `a${at}: types { ${INNER} }`).join(' '),
  ],
  [
    'aliases within a list',
    `types { ${Array.from({ length: 100 }, (_, at) => `a${at}: ${INNER}`).join(' ')} }`,
  ],
])('%s are refused before they are answered', async (_name, selections) => {
  await using gateway = await startWide();
  const { errors, data } = await gateway.ask(`{ __schema { ${selections} } }`);
  expect(errors?.[0]?.extensions?.['code']).toBe('DOCUMENT_LIMIT_EXCEEDED');
  expect(data).toBeUndefined();
});

test('many types by name are refused too, also where variables name them', async () => {
  await using gateway = await startWide();
  const many = Array.from({ length: 500 }, (_, at) => `a${at}: __type(name: $name) { ...Inner }`).join(' ');
  const query = `query ($name: String!) { ${many} } fragment Inner on __Type { ${INNER} }`;
  const { errors } = await gateway.ask(query, { name: 'T1' });
  expect(errors?.[0]?.extensions?.['code']).toBe('DOCUMENT_LIMIT_EXCEEDED');
  expect((await gateway.ask(query, { name: 'None' })).errors).toBeUndefined();
});

test('the whole schema can be asked for, twice in one operation', async () => {
  await using gateway = await startWide();
  const whole = getIntrospectionQuery({
    directiveIsRepeatable: true,
    inputValueDeprecation: true,
    schemaDescription: true,
    specifiedByUrl: true,
  });
  const twice = whole.replace(
    '{\n      __schema {',
    '{ again: __schema { types { ...FullType } } __schema {',
  );
  expect(twice).toContain('again');
  const { errors, data } = await gateway.ask(twice);
  expect(errors).toBeUndefined();
  expect(data).toMatchObject({ __schema: { queryType: { name: 'Query' } }, again: {} });
});
