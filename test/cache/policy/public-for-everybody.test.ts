import { describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../../src/config/gateway-config.ts';
import { startGateway } from '../../support/start-gateway.ts';

/** One field that is kept for everybody, in a subgraph that is told who asks, and one that authorization guards. */
const TYPES = `extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@authenticated"])
  type Query { told: Int guarded: Int @authenticated other: Int }`;

const fields = (scope: 'PUBLIC' | 'PRIVATE') => ({
  'Query.told': { maxAge: '60s', ...(scope === 'PRIVATE' ? { scope } : {}) },
  'Query.guarded': { maxAge: '60s', scope },
});

const start = (cache: GatewayConfigInput['cache'], execution: GatewayConfigInput['execution'] = {}) =>
  startGateway({ subgraphs: { a: { typeDefs: TYPES } }, config: { cache, execution } });

describe('a field that is kept for everybody and depends on who asks', () => {
  test('is warned of when a supergraph is loaded', async () => {
    await using gateway = await start({ fields: fields('PUBLIC') });
    const warned = gateway.log.filter(({ level, fields: said }) => level === 'warn' && 'coordinate' in said);
    expect(warned.map(({ fields: said }) => said)).toEqual([
      { coordinate: 'Query.told' },
      { coordinate: 'Query.guarded' },
    ]);
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
    await using gateway = await start(
      { fields: fields('PUBLIC') },
      { subgraphs: { a: { identity: false, headers } } },
    );
    const warned = gateway.log.filter(({ level }) => level === 'warn');
    const told = warned.some(({ fields: said }) => Reflect.get(said, 'coordinate') === 'Query.told');
    expect(told).toBe(isTold);
  });

  test('ends the start where the configuration is strict', async () => {
    await expect(start({ strict: true, fields: fields('PUBLIC') })).rejects.toThrow(/Query\.guarded/);
    await expect(start({ strict: true, fields: fields('PUBLIC') })).rejects.toThrow(/Query\.told/);
  });

  test('is none where it is private', async () => {
    await using gateway = await start({ strict: true, fields: fields('PRIVATE') });
    expect(gateway.log.filter(({ level }) => level === 'warn')).toEqual([]);
  });
});
