import { parse, print } from 'graphql';
import { describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../../src/config/gateway-config.ts';
import { completeWeirLink } from '../../../src/supergraph/complete-weir-link.ts';
import { startGateway } from '../../support/start-gateway.ts';

/** One field that is kept for everybody, in a subgraph that is told who asks, and one that authorization guards. */
const TYPES = print(
  completeWeirLink(
    parse(`extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@authenticated"])
    @link(url: "https://weir.dev/weir/v1.0", import: ["@cacheControl"])
  type Query {
    told: Int @cacheControl(maxAge: 60)
    public: Int @cacheControl(maxAge: 60, scope: PUBLIC)
    guarded: Int @authenticated @cacheControl(maxAge: 60, scope: PUBLIC)
    other: Int
  }`),
  ),
);

const NAMES = ['Query.told', 'Query.public', 'Query.guarded'];

/** What the configuration says of all of them. */
const all = (scope: 'PUBLIC' | 'PRIVATE') => Object.fromEntries(NAMES.map(name => [name, { scope }]));

const start = (cache: GatewayConfigInput['cache'], execution: GatewayConfigInput['execution'] = {}) =>
  startGateway({ subgraphs: { a: { typeDefs: TYPES } }, config: { cache, execution } });

describe('a field that is kept for everybody and depends on who asks', () => {
  test('is warned of when a supergraph is loaded', async () => {
    await using gateway = await start({});
    const warned = gateway.log.filter(({ level, fields: said }) => level === 'warn' && 'coordinate' in said);
    expect(warned.map(({ fields: said }) => said)).toEqual(NAMES.map(coordinate => ({ coordinate })));
  });

  test.each([
    [{ insert: { name: 'x-me', from: 'subject' } }, true],
    [{ insert: { name: 'x-me', claim: 'email' } }, true],
    [{ propagate: { name: 'Authorization' } }, true],
    [{ propagate: { pattern: '^(cookie|x-).*' } }, true],
    [{ propagate: { name: 'accept-language' } }, false],
    [{ insert: { name: 'x-app', value: 'shop' } }, false],
    [{ insert: { name: 'x-app', from: 'persona' } }, false],
  ] as const)('is one where a rule for headers tells its subgraph: %o, %s', async (rule, isTold) => {
    const headers = { request: [rule] };
    await using gateway = await start({}, { subgraphs: { a: { identity: false, headers } } });
    const warned = gateway.log.filter(({ level }) => level === 'warn');
    const told = warned.some(({ fields: said }) => Reflect.get(said, 'coordinate') === 'Query.told');
    expect(told).toBe(isTold);
  });

  test('ends the start where the configuration is strict', async () => {
    for (const name of NAMES) await expect(start({ strict: true })).rejects.toThrow(`${name} is `);
  });

  test.each(['PRIVATE', 'PUBLIC'] as const)(
    'is none where the configuration says that it is %s',
    async scope => {
      await using gateway = await start({ strict: true, fields: all(scope) });
      expect(gateway.log.filter(({ level }) => level === 'warn')).toEqual([]);
    },
  );
});
