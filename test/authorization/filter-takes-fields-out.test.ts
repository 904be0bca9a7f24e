import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  ANONYMOUS,
  type Asker,
  type GuardedGateway,
  refusals,
  startGuarded,
  unauthorized,
} from './guarded-graph.ts';

let graph: GuardedGateway;
beforeAll(async () => {
  graph = await startGuarded({
    rules: `
      import { rule } from 'graphql-shield';
      const has = (role: string) => rule({ cache: 'contextual' })((_p, _a, { caller }) => caller.roles.has(role));
      export const policies = { 'is-support': has('support'), 'is-boss': has('boss'), 'is-awake': has('awake') };
    `,
  });
});
afterAll(() => graph[Symbol.asyncDispose]());
beforeEach(() => {
  for (const { requests } of Object.values(graph.subgraphs)) requests.length = 0;
});

interface Case {
  readonly query: string;
  readonly asker?: Asker;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly data: unknown;
  readonly denied?: readonly string[];
  /** What no subgraph may be asked for. */
  readonly unasked?: readonly string[];
  readonly requests?: number;
}

async function check({
  query,
  asker,
  variables,
  data,
  denied = [],
  unasked = [],
  requests,
}: Case): Promise<void> {
  // The second answer comes from the caches, the third is the first that generated code could write.
  for (let round = 0; round < 3; round++) {
    const answer = await graph.ask(query, asker, variables);
    expect(answer.data).toEqual(data);
    expect(JSON.stringify(answer.data)).toBe(JSON.stringify(data));
    expect(refusals(answer)).toEqual(unauthorized(...denied));
    for (const name of unasked) expect(graph.asked()).not.toContain(name);
    if (requests !== undefined) expect(graph.requests()).toBe((round + 1) * requests);
  }
}

describe('a denied field', () => {
  test.each<[string, Case]>([
    [
      'is null, with an error where it stood, and never asked for',
      {
        query: '{ me { name email } }',
        data: { me: { name: 'Ada', email: null } },
        denied: ['me.email'],
        unasked: ['email'],
      },
    ],
    [
      'has an error for each object of a list',
      {
        query: '{ users { name email } }',
        data: {
          users: [
            { name: 'Ada', email: null },
            { name: 'Bob', email: null },
          ],
        },
        denied: ['users.0.email', 'users.1.email'],
        unasked: ['email'],
      },
    ],
    [
      'is denied under an alias, which is its name in the path',
      {
        query: '{ who: me { mail: email } }',
        data: { who: { mail: null } },
        denied: ['who.mail'],
        unasked: ['email'],
      },
    ],
    [
      'is denied under the name of another',
      {
        query: '{ me { name: email } }',
        data: { me: { name: null } },
        denied: ['me.name'],
        unasked: ['email'],
      },
    ],
    [
      'is denied in a named fragment, at each of its places',
      {
        query: '{ me { ...Mail boss { ...Mail } } } fragment Mail on User { id email }',
        data: { me: { id: 'u-1', email: null, boss: { id: 'u-2', email: null } } },
        denied: ['me.email', 'me.boss.email'],
        unasked: ['email'],
      },
    ],
    [
      'is denied in fragments of fragments',
      {
        query:
          '{ ...Root } fragment Root on Query { me { ...A } } fragment A on User { ... { ...B } } fragment B on Profile { ... on User { email } }',
        data: { me: { email: null } },
        denied: ['me.email'],
        unasked: ['email'],
      },
    ],
    [
      'is denied in an inline fragment, with and without a type',
      {
        query: '{ me { ... { email } ... on User { mail: email } } }',
        data: { me: { email: null, mail: null } },
        denied: ['me.email', 'me.mail'],
        unasked: ['email'],
      },
    ],
    [
      'is told once where it is selected twice',
      {
        query: '{ me { email ... on User { email: email } ...F } } fragment F on User { email }',
        data: { me: { email: null } },
        denied: ['me.email'],
        unasked: ['email'],
      },
    ],
    [
      'takes the request for it away when it was all there was to ask a subgraph for',
      {
        query: '{ me { name receiptTo } }',
        data: { me: { name: 'Ada', receiptTo: null } },
        denied: ['me.receiptTo'],
        unasked: ['receiptTo', 'email'],
        requests: 1,
      },
    ],
    [
      'leaves its object when it was all of its selection',
      { query: '{ me { email } }', data: { me: { email: null } }, denied: ['me.email'], unasked: ['email'] },
    ],
    [
      'takes its variables with it',
      {
        query: 'query ($n: Int!) { motto vault { gold } me { c: card(last: $n) @skip(if: true) } }',
        asker: ANONYMOUS,
        variables: { n: 4 },
        data: { motto: 'hello', vault: null, me: {} },
        denied: ['vault'],
        unasked: ['$'],
      },
    ],
    [
      'with the name of what every object inherits is denied, and so is one with that alias',
      {
        query: '{ constructor me { toString __proto__: email hasOwnProperty: email } }',
        asker: ANONYMOUS,
        data: {
          constructor: null,
          me: JSON.parse('{"toString":null,"__proto__":null,"hasOwnProperty":null}'),
        },
        denied: ['constructor', 'me.toString', 'me.__proto__', 'me.hasOwnProperty'],
        unasked: ['constructor', 'toString', 'email'],
      },
    ],
  ])('%s', async (_name, one) => check(one));
});

describe('a null goes up', () => {
  test.each<[string, Case]>([
    [
      'to the nearest value that may be null, and nothing below that is asked for',
      {
        query: '{ motto me { name boss { name salary } } }',
        data: { motto: 'hello', me: { name: 'Ada', boss: null } },
        denied: ['me.boss.salary'],
        unasked: ['salary', 'boss'],
      },
    ],
    [
      'to the root, and no subgraph is asked at all',
      { query: '{ motto strictMe { salary } }', data: null, denied: ['strictMe.salary'], requests: 0 },
    ],
    [
      'to the root through fragments there',
      {
        query:
          '{ ...A } fragment A on Query { motto ... { strictMe { ...B } } } fragment B on User { pay: salary }',
        data: null,
        denied: ['strictMe.pay'],
        requests: 0,
      },
    ],
    [
      'over a list of what may not be null',
      {
        query: '{ motto me { friends { name salary } } }',
        data: { motto: 'hello', me: null },
        denied: ['me.friends.0.salary'],
        unasked: ['salary'],
      },
    ],
    [
      'no further than an empty list',
      {
        query: '{ me { boss { friends { salary } } } }',
        data: { me: { boss: { friends: [] } } },
        unasked: ['salary'],
      },
    ],
    [
      'with every reason, once each',
      {
        query: '{ me { boss { salary pay: salary ... { salary } } } }',
        data: { me: { boss: null } },
        denied: ['me.boss.salary', 'me.boss.pay'],
        unasked: ['salary'],
      },
    ],
    [
      'from a fragment on an interface that the type implements',
      {
        query: '{ me { boss { ... on Profile { ... on User { salary } } } } }',
        data: { me: { boss: null } },
        denied: ['me.boss.salary'],
        unasked: ['salary'],
      },
    ],
    [
      'only for the members of a union that select it',
      {
        query: '{ results { ... on User { boss { salary } id } ... on Org { id } } }',
        data: { results: [{ boss: null, id: 'u-1' }, { id: 'o-1' }, {}] },
        denied: ['results.0.boss.salary'],
        unasked: ['salary'],
      },
    ],
  ])('%s', async (_name, one) => check(one));
});

describe('scopes', () => {
  const query = '{ me { boss { salary } } }';
  test.each<[string, Asker, boolean]>([
    ['all of one alternative', { scope: 'hr read:pay' }, true],
    ['another alternative', { scope: 'admin' }, true],
    ['half of an alternative', { scope: 'read:pay' }, false],
    ['halves of two', { scope: 'hr read:email' }, false],
    ['names that only begin alike', { scope: 'administrator adm' }, false],
    ['none', {}, false],
    ['no token', ANONYMOUS, false],
  ])('%s', async (_name, asker, isAllowed) => {
    const answer = await graph.ask(query, asker);
    expect(answer.data).toEqual({ me: { boss: isAllowed ? { salary: 100 } : null } });
    expect(graph.asked().includes('salary')).toBe(isAllowed);
  });
});

describe('policies', () => {
  test.each<[string, Asker, boolean]>([
    ['one of one alternative', { roles: ['support'] }, true],
    ['both of the other', { roles: ['boss', 'awake'] }, true],
    ['half of it', { roles: ['boss'] }, false],
    ['none', {}, false],
  ])('hold by %s', async (_name, asker, isAllowed) => {
    const answer = await graph.ask('{ me { notes } }', asker);
    expect(answer.data).toEqual({ me: { notes: isAllowed ? 'likes engines' : null } });
    expect(graph.asked().includes('notes')).toBe(isAllowed);
  });

  test('that nobody wrote hold for nobody, and the log says so at the start', async () => {
    await check({
      query: '{ me { ghost } }',
      asker: { scope: 'admin', roles: ['support', 'boss'] },
      data: { me: { ghost: null } },
      denied: ['me.ghost'],
      unasked: ['ghost'],
    });
    const warned = graph.gateway.log.filter(({ fields }) => 'policy' in fields).map(({ fields }) => fields);
    expect(warned).toEqual([{ policy: 'nobody-wrote-this' }]);
  });
});

describe('what a condition leaves out is not denied', () => {
  const query =
    'query ($v: Boolean!) { me { name email @include(if: $v) boss { salary @skip(if: $v) name } } }';
  test('but it is when the condition lets it in', async () => {
    await check({
      query,
      variables: { v: false },
      data: { me: { name: 'Ada', boss: null } },
      denied: ['me.boss.salary'],
      unasked: ['email', 'salary'],
    });
    await check({
      query,
      variables: { v: true },
      data: { me: { name: 'Ada', email: null, boss: { name: 'Bob' } } },
      denied: ['me.email'],
      unasked: ['email', 'salary'],
    });
  });

  test('nor is what a literal leaves out', async () => {
    await check({
      query: '{ motto me { name email @skip(if: true) ... @include(if: false) { salary } } }',
      data: { motto: 'hello', me: { name: 'Ada' } },
      unasked: ['email', 'salary'],
    });
  });

  test('where it is lost in one of two selections that a condition joins', async () => {
    const joined = 'query ($v: Boolean!) { me { boss { name } boss @include(if: $v) { salary } } }';
    await check({ query: joined, variables: { v: false }, data: { me: { boss: { name: 'Bob' } } } });
    await check({
      query: joined,
      variables: { v: true },
      data: { me: { boss: null } },
      denied: ['me.boss.salary'],
      unasked: ['salary'],
    });
  });

  test('where a fragment is spread under two conditions', async () => {
    const spread =
      'query ($a: Boolean!, $b: Boolean!) { me { name ...F @include(if: $a) ...F @skip(if: $b) } } fragment F on User { email }';
    await check({ query: spread, variables: { a: false, b: true }, data: { me: { name: 'Ada' } } });
    await check({
      query: spread,
      variables: { a: false, b: false },
      data: { me: { name: 'Ada', email: null } },
      denied: ['me.email'],
      unasked: ['email'],
    });
  });
});

describe('a guarded type is guarded', () => {
  test.each<[string, Case]>([
    [
      'at each field that returns it',
      {
        query: '{ motto vault { id } vaults { gold } me { vault { __typename } } }',
        asker: ANONYMOUS,
        data: { motto: 'hello', vault: null, vaults: null, me: { vault: null } },
        denied: ['vault', 'vaults', 'me.vault'],
        unasked: ['vault'],
      },
    ],
    [
      'as member of a union',
      {
        query: '{ results { ... on Vault { gold } ... on Org { id } } }',
        asker: ANONYMOUS,
        data: { results: [{}, { id: 'o-1' }, { gold: null }] },
        denied: ['results.2.gold'],
        unasked: ['gold'],
      },
    ],
    [
      'when it is a scalar',
      {
        query: '{ me { name birthday } }',
        asker: ANONYMOUS,
        data: { me: { name: 'Ada', birthday: null } },
        denied: ['me.birthday'],
        unasked: ['birthday'],
      },
    ],
    [
      'when it is an enum',
      {
        query: '{ me { name mood } }',
        asker: ANONYMOUS,
        data: { me: { name: 'Ada', mood: null } },
        denied: ['me.mood'],
        unasked: ['mood'],
      },
    ],
  ])('%s', async (_name, one) => check(one));

  test('and open to those it is for', async () => {
    await check({
      query: '{ vault { gold } me { birthday mood vault { id } } results { ... on Vault { gold } } }',
      data: {
        vault: { gold: 7 },
        me: { birthday: '1815-12-10', mood: 'HAPPY', vault: { id: 'v-1' } },
        results: [{}, {}, { gold: 7 }],
      },
    });
  });
});

describe('a field of an interface', () => {
  test.each<[string, Case]>([
    [
      'takes what every type takes that implements it',
      {
        query: '{ profiles { name email } }',
        data: {
          profiles: [
            { name: 'Ada', email: null },
            { name: 'Engines', email: null },
          ],
        },
        denied: ['profiles.0.email', 'profiles.1.email'],
        unasked: ['email'],
      },
    ],
    [
      'is open by the types that are open',
      {
        query: '{ profiles { id ... on Org { email } ... on User { email } } }',
        data: {
          profiles: [
            { id: 'u-1', email: null },
            { id: 'o-1', email: 'hello@engines.example' },
          ],
        },
        denied: ['profiles.0.email'],
      },
    ],
    [
      'is denied under its name where a type of its own is not',
      {
        query: '{ profiles { email ... on Org { email } } }',
        data: { profiles: [{ email: null }, { email: 'hello@engines.example' }] },
        denied: ['profiles.0.email'],
      },
    ],
    [
      'is denied to a type that is guarded, read through a wider fragment',
      {
        query: '{ me { ... on Profile { email } } }',
        data: { me: { email: null } },
        denied: ['me.email'],
        unasked: ['email'],
      },
    ],
  ])('%s', async (_name, one) => check(one));

  test('leaves no key out where all of a type is denied', async () => {
    const query =
      '{ profiles { id ...U } results { ... on User { email ... { salary } } } } fragment U on User { email }';
    const { data } = await graph.ask(
      '{ profiles { id ...U } results { ... on User { email } } } fragment U on User { email }',
    );
    expect(data).toEqual({
      profiles: [{ id: 'u-1', email: null }, { id: 'o-1' }],
      results: [{ email: null }, {}, {}],
    });
    expect((await graph.ask(query)).data).toBeNull();
    expect(graph.asked()).not.toMatch(/email|salary/);
  });

  test('leaves no key out where one of two selections of it is denied', async () => {
    const answer = await graph.ask('{ profiles { owner { id name } ... on User { owner { id } } } }', {});
    expect(answer.data).toEqual({ profiles: [{ owner: null }, { owner: null }] });
    expect(refusals(answer)).toEqual(unauthorized('profiles.0.owner', 'profiles.1.owner'));
  });
});
