import type { ExecutionResult } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { sha256 } from '../../src/shared/hash.ts';
import type { FakeSubgraph } from '../support/fake-subgraph.ts';
import {
  ANONYMOUS,
  answerOf,
  GUARDED,
  type GuardedGateway,
  LINK,
  refusals,
  startGuarded,
  unauthorized,
} from './guarded-graph.ts';

const MAIL = 'query Mail { me { name email } }';
const PART = { me: { name: 'Ada', email: null } };

describe('a denied field is denied', () => {
  let graph: GuardedGateway;
  beforeAll(async () => {
    const personas: GatewayConfigInput['personas'] = {
      default: {
        documents: { mode: 'free', apq: true, manifests: ['documents.json'] },
        limits: { batch: 5 },
      },
      public: { match: { default: true } },
    };
    graph = await startGuarded({
      config: { personas },
      files: { 'documents.json': JSON.stringify({ mail: MAIL }) },
    });
  });
  afterAll(() => graph[Symbol.asyncDispose]());
  beforeEach(() => {
    for (const { requests } of Object.values(graph.subgraphs)) requests.length = 0;
  });

  function expectPart(body: ExecutionResult): void {
    expect(body.data).toEqual(PART);
    expect(refusals(body)).toEqual(unauthorized('me.email'));
    expect(graph.asked()).not.toContain('email');
  }

  test('in a persisted document, whose plan was made before anybody asked', async () => {
    for (const asker of [{}, ANONYMOUS])
      expectPart(await answerOf(graph.post({ documentId: 'mail' }, asker)));
    const allowed = await answerOf(graph.post({ documentId: 'mail' }, { scope: 'read:email' }));
    expect(allowed).toEqual({ data: { me: { name: 'Ada', email: 'ada@example.org' } } });
  });

  test('in a document that somebody with more rights has registered', async () => {
    const query = '{ me { name email } }';
    const extensions = { persistedQuery: { version: 1, sha256Hash: sha256(query) } };
    const registered = await answerOf(graph.post({ query, extensions }, { scope: 'read:email' }));
    expect(registered.errors).toBeUndefined();
    graph.subgraphs['accounts']?.requests.splice(0);
    expectPart(await answerOf(graph.post({ extensions })));
  });

  test('in a GET', async () => {
    const url = `http://gateway/graphql?query=${encodeURIComponent(MAIL)}`;
    const headers = { ...graph.headers({}), 'apollo-require-preflight': '1' };
    expectPart(await answerOf(graph.gateway.handle(new Request(url, { headers }))));
  });

  test('in a GET by id, which a shared cache may not keep with somebody’s rights', async () => {
    const headers = { ...graph.headers({}), 'apollo-require-preflight': '1' };
    const response = await graph.gateway.handle(new Request('http://gateway/graphql/mail', { headers }));
    expect(response.headers.get('cache-control') ?? 'no-store').not.toMatch(/public|max-age=[1-9]/);
    expectPart(await answerOf(response));
  });

  test('in each operation of a batch', async () => {
    const response = await graph.post([{ query: MAIL }, { query: '{ motto }' }, { documentId: 'mail' }]);
    const answers = (await response.json()) as ExecutionResult[];
    expect(answers.map(({ data }) => data)).toEqual([PART, { motto: 'hello' }, PART]);
    expect(graph.asked()).not.toContain('email');
  });

  test('in the operation that is chosen, whatever the others select', async () => {
    const query = `query A { motto } ${MAIL}`;
    expect(await answerOf(graph.post({ query, operationName: 'A' }))).toEqual({ data: { motto: 'hello' } });
    expectPart(await answerOf(graph.post({ query, operationName: 'Mail' })));
  });

  test('beside introspection, which shows that there is a guarded field but nothing of it', async () => {
    const query = '{ __type(name: "User") { fields { name } } me { email } }';
    const persona = await startGuarded({ config: { operation: { introspection: true } } });
    await using open = persona;
    const { data } = await open.ask(query, ANONYMOUS);
    expect(JSON.stringify(data)).toContain('"name":"email"');
    expect(data?.['me']).toEqual({ email: null });
    expect(open.asked()).not.toContain('email');
  });

  test.each([
    '{ _service { sdl } }',
    '{ _entities(representations: []) { __typename } }',
    '{ __schema { types { name } } }',
  ])('and %s is no question for a gateway that shows no schema', async query => {
    const { data, errors } = await answerOf(graph.post({ query }, { scope: 'admin' }));
    expect(data).toBeUndefined();
    expect(errors).toHaveLength(1);
    expect(graph.requests()).toBe(0);
  });

  test.each([
    ['under the name of the type', '{ me { __typename: email } }', null],
    [
      'beside the name of the type',
      '{ me { __typename mail: email } }',
      { me: { __typename: 'User', mail: null } },
    ],
    [
      'where only the name is left',
      '{ results { __typename ... on User { email } } }',
      { results: [{ __typename: 'User', email: null }, { __typename: 'Org' }, { __typename: 'Vault' }] },
    ],
  ])('%s', async (_name, query, data) => {
    const answer = await graph.ask(query);
    if (data !== null) expect(answer.data).toEqual(data);
    expect(JSON.stringify(answer)).not.toContain('@example');
    expect(graph.asked()).not.toContain('email');
  });
});

describe('a directive under another name', () => {
  const rename = (imports: string): string =>
    `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", ${imports})`;
  const fields = (auth: string, scopes: string, policy: string): string => `
    type Query { open: String a: String @${auth} b: String @${scopes}(scopes: [["b"]]) c: String @${policy}(policies: [["c"]]) }`;
  const resolvers = { Query: { open: () => 'open', a: () => 'A!', b: () => 'B!', c: () => 'C!' } };

  test.each([
    [
      'that its import gives it',
      rename(
        'import: [{ name: "@authenticated", as: "@tag" }, { name: "@requiresScopes", as: "@cacheTag" }, { name: "@policy", as: "@key" }]',
      ),
      ['tag', 'cacheTag', 'key'],
    ],
    [
      'that its feature gives it',
      rename('as: "fed"'),
      ['fed__authenticated', 'fed__requiresScopes', 'fed__policy'],
    ],
    [
      'that nobody gave it',
      rename('import: []'),
      ['federation__authenticated', 'federation__requiresScopes', 'federation__policy'],
    ],
  ])('%s is the same directive', async (_name, link, [auth = '', scopes = '', policy = '']) => {
    const only: FakeSubgraph = { typeDefs: link + fields(auth, scopes, policy), resolvers };
    await using graph = await startGuarded({ subgraphs: { only } });
    const answer = await graph.ask('{ open a b c }', ANONYMOUS);
    expect(answer.data).toEqual({ open: 'open', a: null, b: null, c: null });
    expect(graph.asked()).not.toMatch(/\b[abc]\b/);
  });
});

describe('what is computed from a denied field', () => {
  /** As compositions have written that do not ask for the guard to be repeated. */
  const withoutRepetition = (sdl: string): string =>
    sdl.replace(
      /(receiptTo: String @join__field\([^)]*\)) @requiresScopes\(scopes: \[\["read:email"\]\]\)/,
      '$1',
    );

  test('by @requires is denied, and neither it nor what it requires is asked for', async () => {
    await using graph = await startGuarded({ editSdl: withoutRepetition });
    const sdl = graph.gateway.gateway.generation().sdl;
    expect(sdl).toMatch(/receiptTo: String @join__field\([^)]*\)\n/);
    const answer = await graph.ask('{ me { name receiptTo greeting } }');
    expect(answer.data).toEqual({ me: { name: 'Ada', receiptTo: null, greeting: 'Dear Ada' } });
    expect(graph.asked()).not.toMatch(/email|receiptTo/);
    const allowed = await graph.ask('{ me { receiptTo } }', { scope: 'read:email' });
    expect(allowed).toEqual({ data: { me: { receiptTo: 'to ada@example.org' } } });
  });

  test('by @requires of an interface object is denied on every type of the interface', async () => {
    const people: FakeSubgraph = {
      typeDefs: `${LINK}
        type Query { profiles: [Profile!]! me: User }
        interface Profile @key(fields: "id") { id: ID! name: String }
        type User implements Profile @key(fields: "id") { id: ID! name: String @authenticated }
        type Org implements Profile @key(fields: "id") { id: ID! name: String }`,
      resolvers: {
        Query: {
          profiles: () => [{ __typename: 'User', id: '1', name: 'Ada' }],
          me: () => ({ id: '1', name: 'Ada' }),
        },
      },
    };
    const badges: FakeSubgraph = {
      typeDefs: `${LINK}
        type Profile @interfaceObject @key(fields: "id") {
          id: ID! name: String @external
          badge: String @requires(fields: "name") @authenticated
          rank: Int @authenticated
        }`,
      resolvers: { Profile: { badge: ({ name }: { name: string }) => `badge of ${name}`, rank: () => 1 } },
    };
    // As older compositions leave it: on the interface alone, or nowhere.
    const editSdl = (sdl: string): string =>
      sdl
        .replace(/(type User[^}]*)/, type => type.replace(/(badge: String|rank: Int) @authenticated/g, '$1'))
        .replace(/(type Org[^}]*)/, type => type.replace(/(badge: String|rank: Int) @authenticated/g, '$1'))
        .replace(/(badge: String @join__field\([^)]*\)) @authenticated/, '$1');
    await using graph = await startGuarded({ subgraphs: { people, badges }, editSdl });
    for (const query of [
      '{ me { id badge rank } }',
      '{ profiles { id badge rank } }',
      '{ profiles { id ... on User { badge rank } } }',
    ]) {
      const { data } = await graph.ask(query, ANONYMOUS);
      const one = { id: '1', badge: null, rank: null };
      expect(data).toEqual(query.startsWith('{ me') ? { me: one } : { profiles: [one] });
    }
    expect(graph.asked()).not.toMatch(/\b(name|badge|rank)\b/);
  });

  test('or comes along by @provides is denied', async () => {
    const users: FakeSubgraph = {
      typeDefs: `${LINK} type Query { me: User } type User @key(fields: "id") { id: ID! phone: String @authenticated @shareable }`,
      resolvers: { Query: { me: () => ({ id: '1', phone: '555' }) } },
    };
    const posts: FakeSubgraph = {
      typeDefs: `${LINK}
        type Query { post: Post }
        type Post { id: ID! author: User @provides(fields: "phone") }
        type User @key(fields: "id") { id: ID! phone: String @external }`,
      resolvers: { Query: { post: () => ({ id: 'p', author: { id: '1', phone: '555' } }) } },
    };
    await using graph = await startGuarded({ subgraphs: { users, posts } });
    const answer = await graph.ask('{ post { id author { id phone } } }', ANONYMOUS);
    expect(answer.data).toEqual({ post: { id: 'p', author: { id: '1', phone: null } } });
    expect(graph.asked()).not.toContain('phone');
  });
});

describe('a rule about arguments', () => {
  const rules = `
    import { rule } from 'graphql-shield';
    export const permissions = {
      User: { card: rule({ cache: 'strict' })((_parent, { last }) => last === 4 || 'only the last four') },
    };
  `;

  test('is asked for each alias with its own', async () => {
    await using graph = await startGuarded({ rules });
    const query =
      'query ($n: Int, $d: Int = 4) { me { a: card(last: 4) b: card(last: 16) c: card d: card(last: $n) e: card(last: $d) } }';
    const { data, errors } = await graph.ask(query, {}, { n: 12 });
    expect(data).toEqual({ me: { a: 'card 4', b: null, c: null, d: null, e: 'card 4' } });
    expect(errors?.map(({ path, message }) => [path?.[1], message])).toEqual(
      ['b', 'c', 'd'].map(key => [key, 'only the last four']),
    );
    expect(graph.asked()).not.toMatch(/16|card(?!\()/);
    // The same document with other variables is another question.
    expect((await graph.ask(query, {}, { n: 4, d: 16 })).data).toEqual({
      me: { a: 'card 4', b: null, c: null, d: 'card 4', e: null },
    });
  });

  test('that do not fit denies that field alone', async () => {
    const only: FakeSubgraph = {
      typeDefs: 'type Query { open: String card(last: Int! = 4): String }',
      resolvers: { Query: { open: () => 'open', card: () => 'the card' } },
    };
    await using graph = await startGuarded({
      subgraphs: { only },
      rules: `import { rule } from 'graphql-shield'; export const permissions = { Query: { card: rule({ cache: 'strict' })(() => true) } };`,
    });
    const query = 'query ($n: Int = 4) { open card(last: $n) }';
    expect((await graph.ask(query)).data).toEqual({ open: 'open', card: 'the card' });
    const answer = await graph.ask(query, {}, { n: null });
    expect(answer.data).toEqual({ open: 'open', card: null });
    expect(refusals(answer)).toEqual(unauthorized('card'));
    expect(graph.gateway.log.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('a rule of a type', () => {
  test('is asked where the field is selected on an interface', async () => {
    const rules = `
      import { rule, allow } from 'graphql-shield';
      const isAdmin = rule({ cache: 'contextual' })((_p, _a, { caller }) => caller.scopes.has('admin'));
      export const permissions = { Org: { '*': isAdmin }, User: { id: allow } };
    `;
    await using graph = await startGuarded({ rules });
    const answer = await graph.ask('{ profiles { id ... on User { mine: id } ... on Org { its: name } } }');
    // Null propagation: an id is never null, and so is no profile.
    expect(answer.data).toBeNull();
    const typed = await graph.ask(
      '{ profiles { ... on User { id } ... on Org { name } } results { ... on Profile { name } } }',
    );
    expect(typed.data).toEqual({
      profiles: [{ id: 'u-1' }, { name: null }],
      results: [{ name: null }, { name: null }, {}],
    });
    expect(graph.asked()).not.toContain('Org');
    const allowed = await graph.ask('{ profiles { id name } }', { scope: 'admin' });
    expect(allowed.data).toEqual({
      profiles: [
        { id: 'u-1', name: 'Ada' },
        { id: 'o-1', name: 'Engines' },
      ],
    });
  });

  test('of mutations is asked before any of them is run', async () => {
    const rules = `
      import { rule } from 'graphql-shield';
      export const permissions = { Mutation: { rename: rule({ cache: 'strict' })((_p, { name }) => name !== 'Root') } };
    `;
    await using graph = await startGuarded({ rules });
    const query = 'mutation { a: rename(name: "Eve") { name } b: rename(name: "Root") { name } }';
    const answer = await graph.ask(query);
    expect(answer.data).toBeNull();
    expect(refusals(answer)).toEqual(unauthorized('b'));
    expect(graph.requests()).toBe(0);
  });

  test('of a policy is asked for each set of arguments, also beside one that reads none', async () => {
    const rules = `
      import { rule } from 'graphql-shield';
      export const policies = {
        open: rule({ cache: 'contextual' })(() => true),
        'not-two': rule({ cache: 'strict' })((_p, { id }) => id !== '2'),
      };`;
    const typeDefs = `${LINK} type Query { note(id: ID!): String @policy(policies: [["open", "not-two"]]) }`;
    const note = (_: unknown, { id }: { id: string }): string => `note ${id}`;
    await using graph = await startGuarded({
      rules,
      subgraphs: { notes: { typeDefs, resolvers: { Query: { note } } } },
    });
    const answer = await graph.ask('{ a: note(id: "1") b: note(id: "2") }');
    expect(answer.data).toEqual({ a: 'note 1', b: null });
  });
});

test('the guarded graph is what these tests take it for: who has all rights sees all', async () => {
  await using graph = await startGuarded({ subgraphs: GUARDED });
  const query = '{ me { name email receiptTo salary birthday mood toString vault { gold } } constructor }';
  const answer = await graph.ask(query, { scope: 'read:email admin' });
  expect(answer.errors).toBeUndefined();
});
