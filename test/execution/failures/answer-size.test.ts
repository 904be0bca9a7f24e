import { expect, test } from 'vitest';
import { startOwnTime } from '../../support/own-time.ts';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';

const PEOPLE = 50;
const DEPTH = 12;

/** Everybody is everybody's friend: an answer grows by a factor of fifty with each level. */
const friends = {
  typeDefs: 'type Query { me: Person } type Person @key(fields: "id") { id: ID! friends: [Person!]! }',
  resolvers: {
    Query: { me: () => person(0) },
    Person: { __resolveReference: ({ id }: { id: string }) => person(Number(id)) },
  },
};

const names = {
  typeDefs: 'type Person @key(fields: "id") { id: ID! name: String link: Person }',
  resolvers: {
    Person: {
      __resolveReference: ({ id }: { id: string }) => ({
        id,
        name: `name ${id}`,
        link: { id, name: `name ${id}` },
      }),
    },
  },
};

function person(id: number): object {
  return {
    id,
    friends: () => Array.from({ length: PEOPLE }, (_, index) => ({ id: index })),
  };
}

/** Each level goes to both subgraphs, so that every entity is shared by all its places. */
function query(depth: number): string {
  const open = 'friends { link { name '.repeat(depth);
  return `{ me { ${open} ${'} }'.repeat(depth)} } }`;
}

async function ask(
  gateway: TestGateway<'friends' | 'names'>,
  depth: number,
): Promise<{ readonly code: unknown; readonly text: string; readonly ms: number; readonly mib: number }> {
  const rss = process.memoryUsage().rss;
  using time = startOwnTime();
  const answer = await gateway.ask(query(depth));
  const ms = time.ms;
  return {
    code: answer.errors?.[0]?.extensions?.['code'],
    text: JSON.stringify(answer.data ?? null),
    ms,
    mib: (process.memoryUsage().rss - rss) / 1024 ** 2,
  };
}

test('an answer that would grow without end is refused, soon and in little memory', async () => {
  await using gateway = await startGateway({
    subgraphs: { friends, names },
    config: { execution: { maxAnswer: '8MiB' } },
  });
  // First the careful projection, then the generated one.
  for (let use = 0; use < 3; use++) {
    const { code, ms, mib } = await ask(gateway, DEPTH);
    expect(code).toBe('DOCUMENT_LIMIT_EXCEEDED');
    expect(ms).toBeLessThan(4_000);
    expect(mib).toBeLessThan(300);
  }
});

test('it is refused just so when something failed on the way', async () => {
  await using gateway = await startGateway({
    subgraphs: { friends, names },
    config: { execution: { maxAnswer: '8MiB' } },
  });
  await ask(gateway, 1);
  const steady = gateway.subgraphs.names;
  let count = 0;
  steady.respond = ({ variables }, response) => {
    const [list] = Object.values(variables) as [readonly { readonly id: string }[]];
    const entities = list.map(({ id }) => ({ name: id, link: { __typename: 'Person', id } }));
    const errors = ++count === 1 ? [{ message: 'no', path: ['_entities', 3, 'name'] }] : undefined;
    response.end(JSON.stringify({ data: { _entities: entities }, errors }));
  };
  const { code, ms, mib } = await ask(gateway, DEPTH);
  expect(code).toBe('DOCUMENT_LIMIT_EXCEEDED');
  expect(ms).toBeLessThan(4_000);
  expect(mib).toBeLessThan(300);
});

test('what fits is answered, whichever projection writes it', async () => {
  await using gateway = await startGateway({ subgraphs: { friends, names } });
  const texts = new Set<string>();
  for (let use = 0; use < 3; use++) texts.add((await ask(gateway, 2)).text);
  expect(texts.size).toBe(1);
  const [text = ''] = texts;
  expect(text.match(/"name"/g)).toHaveLength(PEOPLE + PEOPLE * PEOPLE);
});

test('the bound is on characters of the answer, in both projections', async () => {
  const answer = {
    me: { friends: Array.from({ length: PEOPLE }, (_, index) => ({ link: { name: `name ${index}` } })) },
  };
  const { length } = JSON.stringify(answer);
  for (const [maxAnswer, fits] of [
    [`${length}B`, true],
    [`${length - 60}B`, false],
  ] as const) {
    await using gateway = await startGateway({
      subgraphs: { friends, names },
      config: { execution: { maxAnswer } },
    });
    for (let use = 0; use < 3; use++) {
      expect((await ask(gateway, 1)).code).toBe(fits ? undefined : 'DOCUMENT_LIMIT_EXCEEDED');
    }
  }
});
