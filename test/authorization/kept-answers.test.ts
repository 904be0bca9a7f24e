import { describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { ANONYMOUS, type Asker, type GuardedGateway, startGuarded } from './guarded-graph.ts';

/** All is kept for everybody, as far as the configuration can say so. */
const EVERYBODY: GatewayConfigInput = {
  execution: { subgraphs: { all: { identity: false } }, replay: '0B' },
  cache: {
    jitter: 0,
    defaultMaxAge: '60s',
    fields: {
      'User.email': { scope: 'PUBLIC', maxAge: '60s' },
      'User.receiptTo': { scope: 'PUBLIC', maxAge: '60s' },
      'User.card': { scope: 'PUBLIC', maxAge: '60s' },
    },
  },
};

const RIGHTS: readonly Asker[] = [
  { sub: 'u-1', scope: 'read:email' },
  { sub: 'u-1', scope: 'read:pay' },
  { sub: 'u-2' },
  ANONYMOUS,
];

async function ask(graph: GuardedGateway, query: string, asker: Asker) {
  const response = await graph.post({ query }, asker);
  return { state: response.headers.get('x-cache'), text: await response.text() };
}

describe('what is kept for everybody', () => {
  test.each([true, false])(
    'is no way around what a caller may not see (answers are kept: %s)',
    async enabled => {
      const config = { ...EVERYBODY, cache: { ...EVERYBODY.cache, responses: { enabled } } };
      await using graph = await startGuarded({ config });
      const queries = [
        '{ me { name email } }',
        '{ me { receiptTo } }',
        '{ me { email } users { id email } }',
      ];
      for (const order of [RIGHTS, RIGHTS.toReversed()])
        for (let round = 0; round < 2; round++)
          for (const query of queries)
            for (const asker of order) {
              const { text } = await ask(graph, query, asker);
              expect([asker, text.includes('ada@example.org')]).toEqual([
                asker,
                asker.scope === 'read:email',
              ]);
            }
    },
  );

  test('is kept for all with the same rights', async () => {
    await using graph = await startGuarded({ config: EVERYBODY });
    const query = '{ me { name email } }';
    const entitled = { sub: 'u-1', scope: 'read:email' };
    expect((await ask(graph, query, entitled)).state).toBe('MISS');
    expect((await ask(graph, query, { ...entitled, sub: 'u-9' })).state).toBe('HIT');
  });
});

describe('what a rule has decided', () => {
  const rules = (body: string, options = '') => `
    import { rule } from 'graphql-shield';
    const may = rule(${options})(${body});
    export const permissions = { User: { card: may } };`;
  const QUERY = '{ me { name card } }';

  test('by the headers of the client is not kept', async () => {
    await using graph = await startGuarded({
      config: EVERYBODY,
      rules: rules(`(_p, _a, { headers }) => headers.get('x-may') === '1'`, `{ cache: 'contextual' }`),
    });
    for (const may of ['1', '0', '1', '0']) {
      const headers = { ...graph.headers(ANONYMOUS), 'content-type': 'application/json', 'x-may': may };
      const body = JSON.stringify({ query: QUERY });
      const response = await graph.gateway.handle(
        new Request('http://gateway/graphql', { method: 'POST', headers, body }),
      );
      expect([response.headers.get('x-cache'), response.headers.get('cache-control')]).toEqual([
        'BYPASS',
        'no-store',
      ]);
      expect((await response.text()).includes('card whole')).toBe(may === '1');
    }
  });

  test('by the object is not kept', async () => {
    await using graph = await startGuarded({
      config: EVERYBODY,
      rules: rules(
        `(parent, _a, { caller }) => parent.name === 'Ada' && caller.subject === 'u-1'`,
        `{ fragment: 'fragment N on User { name }', cache: 'strict' }`,
      ),
    });
    for (const sub of ['u-1', 'u-2', 'u-1']) {
      const { state, text } = await ask(graph, QUERY, { sub });
      expect([state, text.includes('card whole')]).toEqual(['BYPASS', sub === 'u-1']);
    }
  });

  test('by who asks is kept for those of whom it says the same', async () => {
    await using graph = await startGuarded({
      config: EVERYBODY,
      rules: rules(`(_p, _a, { caller }) => caller.subject === 'u-1'`, `{ cache: 'contextual' }`),
    });
    const seen: unknown[] = [];
    for (const sub of ['u-1', 'u-2', 'u-3', 'u-1']) {
      const { state, text } = await ask(graph, QUERY, { sub });
      seen.push([state, text.includes('card whole')]);
    }
    // An answer with an error in it is not kept either.
    expect(seen).toEqual([
      ['MISS', true],
      ['MISS', false],
      ['MISS', false],
      ['HIT', true],
    ]);
  });
});
