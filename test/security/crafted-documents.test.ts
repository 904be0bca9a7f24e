import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const TYPES = 100;

let gateway: TestGateway<'notes'>;
beforeAll(async () => {
  const members = Array.from(
    { length: TYPES },
    (_, index) => `type T${index} implements Note { id: ID! text: String }`,
  );
  gateway = await startGateway({
    subgraphs: {
      notes: {
        typeDefs: `type Query { note: Note } interface Note { id: ID! text: String } ${members.join(' ')}`,
        resolvers: { Query: { note: () => ({ __typename: 'T1', id: '1', text: 'x' }) } },
      },
    },
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const aliases = (count: number): string => {
  const fields = Array.from({ length: count }, (_, index) => `a${index}: text`);
  return `{ note { ${fields.join(' ')} } }`;
};

test('a document that is small as written and millions of fields by type is refused before it is planned', async () => {
  const answer = await gateway.ask(aliases(2_000));
  expect(answer.errors?.map(({ extensions }) => extensions?.['code'])).toEqual(['DOCUMENT_LIMIT_EXCEEDED']);
  expect(gateway.requestCount()).toBe(0);
});

test('a large one that is within bounds is answered the same each time it comes', async () => {
  const expected = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`a${index}`, 'x']));
  for (let time = 0; time < 3; time++) {
    expect(await gateway.ask(aliases(300))).toEqual({ data: { note: expected } });
  }
});
