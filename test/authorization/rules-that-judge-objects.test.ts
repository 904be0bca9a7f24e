import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startOwnTime } from '../support/own-time.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const NOTES = `
  type Query { notes: [Note!]! note(id: ID!): Note all: [Item!]! holder: Holder }
  type Mutation { touch(id: ID!): Note }
  interface Item { id: ID! text: String }
  type Note implements Item @key(fields: "id") { id: ID! text: String secret: String! owner: Person strict: String! }
  type Memo implements Item { id: ID! text: String }
  type Holder { note: Note! }
  type Person @key(fields: "id") { id: ID! }`;
const PEOPLE = `
  type Query { person: Person }
  type Person @key(fields: "id") { id: ID! name: String }`;

const RULES = `
import { rule, and } from 'graphql-shield';
const isOwner = rule({ fragment: 'fragment Owner on Note { owner { id name } }', cache: 'strict' })(
  (parent, _args, { headers }) => parent.owner.id === headers.get('x-me') || 'Not yours.');
const readsWhatIsNotFetched = rule()(parent => parent.owner.id !== 'x');
const reads = rule()(parent => parent.text !== 'no');
export const permissions = {
  Note: { secret: isOwner, strict: isOwner, text: and(reads), owner: readsWhatIsNotFetched },
};`;

const notes = [
  { __typename: 'Note', id: '1', text: 'a', secret: 's1', strict: 'x1', owner: { id: 'p1' } },
  { __typename: 'Note', id: '2', text: 'no', secret: 's2', strict: 'x2', owner: { id: 'p2' } },
];

let folder: TemporaryFolder;
let gateway: TestGateway<'notes' | 'people'>;

beforeAll(async () => {
  folder = await temporaryFolder({ 'rules.ts': RULES });
  gateway = await startGateway({
    folder: folder.path,
    config: { policy: { authorization: { rules: 'rules.ts' } } },
    subgraphs: {
      notes: {
        typeDefs: NOTES,
        resolvers: {
          Query: {
            notes: () => notes,
            note: (_: unknown, { id }: { id: string }) => notes.find(note => note.id === id),
            all: () => [...notes, { __typename: 'Memo', id: '3', text: 'no' }],
            holder: () => ({ note: notes[0] }),
          },
          Mutation: { touch: (_: unknown, { id }: { id: string }) => notes.find(note => note.id === id) },
        },
      },
      people: {
        typeDefs: PEOPLE,
        resolvers: {
          Person: { __resolveReference: ({ id }: { id: string }) => ({ id, name: `name ${id}` }) },
        },
      },
    },
  });
});
beforeEach(() => {
  for (const fake of Object.values(gateway.subgraphs)) fake.requests.length = 0;
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const as = (me: string) => ({ 'x-me': me });
const codes = (answer: Awaited<ReturnType<typeof gateway.ask>>) =>
  (answer.errors ?? []).map(({ extensions, path }) => [extensions?.['code'], path?.join('.')]);

test('a field is given for the objects whose rule allows, and null for the others', async () => {
  const answer = await gateway.ask('{ notes { id text } }');
  expect(answer.data).toEqual({
    notes: [
      { id: '1', text: 'a' },
      { id: '2', text: null },
    ],
  });
  expect(codes(answer)).toEqual([['UNAUTHORIZED_FIELD', 'notes.1.text']]);
});

test('what a rule reads is fetched beside the field, from other subgraphs too, and never shown', async () => {
  const answer = await gateway.ask('{ note(id: "1") { secret } }', {}, as('p1'));
  expect(answer).toEqual({ data: { note: { secret: 's1' } } });
  expect(gateway.subgraphs.people.requests).toHaveLength(1);
});

test('a denied non-null field takes its object with it, in the words of the rule', async () => {
  const answer = await gateway.ask(
    '{ note(id: "1") { id secret } holder { note { secret } } }',
    {},
    as('p2'),
  );
  expect(answer.data).toEqual({ note: null, holder: null });
  expect(codes(answer)).toEqual([
    ['UNAUTHORIZED_FIELD', 'note.secret'],
    ['UNAUTHORIZED_FIELD', 'holder.note.secret'],
  ]);
  expect(answer.errors?.[0]?.message).toBe('Not yours.');
});

test('aliases that look like what a rule reads do not deceive it', async () => {
  const query = '{ note(id: "2") { owner: text secret: id hidden: secret } }';
  const answer = await gateway.ask(query, {}, as('p1'));
  expect(answer.data).toEqual({ note: null });
});

test('a rule that reads what nobody fetched denies and is told of', async () => {
  const answer = await gateway.ask('{ note(id: "1") { id owner { id } } }');
  expect(answer.data).toEqual({ note: { id: '1', owner: { id: 'p1' } } });
  const other = await gateway.ask('{ note(id: "1") { id o: owner { name } } }');
  expect(other.data).toEqual({ note: { id: '1', o: null } });
  expect(gateway.log.some(({ level, message }) => level === 'error' && message.includes('rule failed'))).toBe(
    true,
  );
});

test('a rule of one type says nothing about the other members of an interface', async () => {
  const answer = await gateway.ask('{ all { text } }');
  expect(answer.data).toEqual({ all: [{ text: 'a' }, { text: null }, { text: 'no' }] });
});

test('equal operations in flight are judged each for its own request', async () => {
  const query = '{ note(id: "1") { id strict } }';
  const asked = ['p1', 'p2', 'p1', 'p2'].map(me => gateway.ask(query, {}, as(me)));
  const answers = await Promise.all(asked);
  expect(answers.map(({ data }) => data?.['note'])).toEqual([
    { id: '1', strict: 'x1' },
    null,
    { id: '1', strict: 'x1' },
    null,
  ]);
  // Again and again: neither replay nor generated code may remember a verdict.
  for (const me of ['p1', 'p2', 'p1']) {
    const again = await gateway.ask(query, {}, as(me));
    expect(again.data?.['note']).toEqual(me === 'p1' ? { id: '1', strict: 'x1' } : null);
  }
});

test('results of mutations are judged too', async () => {
  const answer = await gateway.ask('mutation { touch(id: "2") { id text } }');
  expect(answer.data).toEqual({ touch: { id: '2', text: null } });
});

test('a field that a condition leaves out is not judged', async () => {
  const query = 'query ($v: Boolean!) { note(id: "2") { id secret @include(if: $v) } }';
  expect(await gateway.ask(query, { v: false })).toEqual({ data: { note: { id: '2' } } });
  expect((await gateway.ask(query, { v: true })).data).toEqual({ note: null });
});

test('a rule sees what another rule denies, and never the null in its place', async () => {
  const rules = `
import { rule } from 'graphql-shield';
const nobody = rule({ fragment: 'fragment Id on Post { id }' })(parent => parent.id === 'x');
const isOpen = rule({ fragment: 'fragment Lock on Post { lockedBy }' })(async parent => {
  for (let turn = 0; turn < 10; turn++) await null;
  return parent.lockedBy === null;
});
export const permissions = { Post: { lockedBy: nobody, text: isOpen } };`;
  await using files = await temporaryFolder({ 'rules.ts': rules });
  const post = (id: string) => ({ id, text: 'secret', lockedBy: 'somebody' });
  await using posts = await startGateway({
    folder: files.path,
    config: { policy: { authorization: { rules: 'rules.ts' } } },
    subgraphs: {
      posts: {
        typeDefs: `
          type Query { posts(first: Int!): [Post!]! }
          type Post @key(fields: "id") { id: ID! text: String lockedBy: String }`,
        resolvers: {
          Query: {
            posts: (_: unknown, { first }: { first: number }) =>
              Array.from({ length: first }, (_item, index) => post(String(index))),
          },
        },
      },
    },
  });
  // More than are judged at a time.
  for (const first of [1, 600]) {
    const { data } = await posts.ask('query ($n: Int!) { posts(first: $n) { lockedBy text } }', { n: first });
    const nothing = { lockedBy: null, text: null };
    expect(data).toEqual({ posts: Array.from({ length: first }, () => nothing) });
  }
});

test('a rule that reads what a subgraph could not give denies, as the null in its place says nothing', async () => {
  const rules = `
import { rule } from 'graphql-shield';
const isOpen = rule({ fragment: 'fragment Lock on Post { lockedBy }' })(parent => parent.lockedBy === null);
const isPlain = rule({ fragment: 'fragment Marks on Post { marks }' })(parent => parent.marks.every(mark => mark === null));
export const permissions = { Post: { text: isOpen, title: isPlain } };`;
  await using files = await temporaryFolder({ 'rules.ts': rules });
  let isBroken = false;
  const orFail = (value: unknown) => () => (isBroken ? new Error('out of order') : value);
  await using posts = await startGateway({
    folder: files.path,
    config: { policy: { authorization: { rules: 'rules.ts' } } },
    subgraphs: {
      posts: {
        typeDefs: `
          type Query { post: Post }
          type Post @key(fields: "id") { id: ID! text: String title: String lockedBy: String marks: [String] }`,
        resolvers: {
          Query: { post: () => ({ id: '1', text: 'secret', title: 'Secret' }) },
          Post: { lockedBy: orFail(null), marks: () => [null, orFail(null)()] },
        },
      },
    },
  });
  const seen = await posts.ask('{ post { text title } }');
  expect(seen.data).toEqual({ post: { text: 'secret', title: 'Secret' } });
  isBroken = true;
  const { data } = await posts.ask('{ post { text title } }');
  expect(data).toEqual({ post: { text: null, title: null } });
});

/** Fields by the policies that they name, of which `mine` reads the object. */
const POLICIES: Readonly<
  Record<string, readonly [policies: string, ofTheOwner: unknown, ofOthers: unknown]>
> = {
  both: ['[["open", "mine"]]', 'v', null],
  bothTheOtherWay: ['[["mine", "open"]]', 'v', null],
  neither: ['[["mine", "closed"]]', null, null],
  either: ['[["closed"], ["mine"]]', 'v', null],
  eitherTheOtherWay: ['[["mine"], ["closed"]]', 'v', null],
  open: ['[["mine"], ["open"]]', 'v', 'v'],
};

test('policies whose rules read the object are decided for each, with all that stand beside them', async () => {
  await using files = await temporaryFolder({
    'rules.ts': `
import { rule } from 'graphql-shield';
export const policies = {
  open: rule({ cache: 'contextual' })(() => true),
  closed: rule({ cache: 'contextual' })(() => false),
  mine: rule({ fragment: 'fragment Mine on Item { owner }' })((parent, _args, { headers }) => parent.owner === headers.get('x-me')),
};`,
  });
  const fields = Object.entries(POLICIES).map(
    ([name, [policies]]) => `${name}: String @policy(policies: ${policies})`,
  );
  const item = (owner: string) => ({
    owner,
    ...Object.fromEntries(Object.keys(POLICIES).map(name => [name, 'v'])),
    lock: { key: 'k' },
  });
  await using items = await startGateway({
    folder: files.path,
    config: { policy: { authorization: { rules: 'rules.ts' } } },
    subgraphs: {
      items: {
        typeDefs: `
          extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@policy"])
          type Query { items: [Item!]! }
          type Item { owner: String lock: Lock @policy(policies: [["mine"]]) ${fields.join(' ')} }
          type Lock @policy(policies: [["open"]]) { key: String }`,
        resolvers: { Query: { items: () => [item('me'), item('you')] } },
      },
    },
  });
  for (const [name, [, ofTheOwner, ofOthers]] of Object.entries(POLICIES)) {
    const { data } = await items.ask(`{ items { ${name} } }`, {}, as('me'));
    expect(data).toEqual({ items: [{ [name]: ofTheOwner }, { [name]: ofOthers }] });
  }
  // Of the field and of its type.
  const { data } = await items.ask('{ items { lock { key } } }', {}, as('me'));
  expect(data).toEqual({ items: [{ lock: { key: 'k' } }, { lock: null }] });
});

test('a rule that hangs ends with the deadline of its request', async () => {
  await using slow = await temporaryFolder({
    'rules.ts': `
      import { rule } from 'graphql-shield';
      export const permissions = { Query: { note: rule()(() => new Promise(() => {})) } };`,
  });
  await using hurried = await startGateway({
    folder: slow.path,
    config: { policy: { authorization: { rules: 'rules.ts' } }, execution: { deadline: '400ms' } },
    subgraphs: { notes: { typeDefs: 'type Query { note: String other: String }' } },
  });
  using time = startOwnTime();
  const answer = await hurried.ask('{ note }');
  expect(time.ms).toBeLessThan(900);
  expect(codes(answer)).toEqual([['UNAUTHORIZED_FIELD', 'note']]);
});
