import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const TYPES = 100;

let gateway: TestGateway<'notes'>;
beforeAll(async () => {
  const members = Array.from(
    { length: TYPES },
    (_, index) => `type T${index} implements Note { id: ID! text: String note: Note }`,
  );
  gateway = await startGateway({
    subgraphs: {
      notes: {
        typeDefs: `type Query { note: Note square(of: Float): Float } interface Note { id: ID! text: String note: Note } ${members.join(' ')}`,
        resolvers: { Query: { note: () => ({ __typename: 'T1', id: '1', text: 'x' }), square: () => 4 } },
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

describe('a document whose fragments nest without its brackets doing so is refused before anything walks it', () => {
  const chain = (levels: number, step: (spread: string) => string): string => {
    const fragments = Array.from(
      { length: levels },
      (_, level) => `fragment F${level} on Note { ${step(`...F${level + 1}`)} }`,
    );
    return `{ note { ...F0 } } ${fragments.join(' ')} fragment F${levels} on Note { text }`;
  };

  test.each<[string, string]>([
    ['through spreads', chain(1_200, spread => spread)],
    ['through fields', chain(700, spread => `note { ${spread} }`)],
    [
      'in fragments that nothing spreads',
      `${chain(700, spread => `note { ${spread} }`)}`.replace('...F0', 'text'),
    ],
  ])('%s', async (_how, query) => {
    const answer = await gateway.ask(query);
    expect(answer.errors?.map(({ extensions }) => extensions?.['code'])).toEqual(['DOCUMENT_LIMIT_EXCEEDED']);
    expect(gateway.log.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('up to the limit it is answered', async () => {
    const query = chain(90, spread => spread);
    expect(await gateway.ask(query)).toEqual({ data: { note: { text: 'x' } } });
  });
});

test('a number that is none once it is read is the mistake of who sent it, and of no planner', async () => {
  const before = gateway.log.length;
  for (const number of ['1e999', `1e${'9'.repeat(100_000)}`, '9'.repeat(310)]) {
    const answer = await gateway.ask(`{ square(of: ${number}) }`);
    expect(answer.errors?.map(({ extensions }) => extensions?.['code'])).toEqual([
      'GRAPHQL_VALIDATION_FAILED',
    ]);
  }
  expect(gateway.log.slice(before)).toEqual([]);
});
