import { expect, test } from 'vitest';
import { gatewayConfig } from '../../src/config/gateway-config.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { startShop } from '../resilience/failing-shop.ts';
import { ask, listenSecurely } from '../tls/secure-gateway.ts';

const READS = ['/metrics', '/limits', '/breakers', '/targets', '/nothing'];

/** As a browser asks for a page of its own site: over HTTP, of no trusted origin, it says no more than this. */
const statusAt = async (shop: Awaited<ReturnType<typeof startShop>>, host: string, url: string) => {
  const answer = await shop.gateway.admin.inject({ method: 'GET', url, headers: { host } });
  return answer.statusCode;
};

test.each([
  'evil.example',
  'evil.example:4010',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  '1.2.3',
  '[::1',
])('a page whose owner has pointed %s at the listener reads nothing of it', async host => {
  await using shop = await startShop();
  for (const url of READS) expect([url, await statusAt(shop, host, url)]).toEqual([url, 403]);
  const answer = await shop.gateway.admin.inject({ method: 'GET', url: '/metrics', headers: { host } });
  expect(answer.json()).toEqual({
    code: 'HOST_NOT_ALLOWED',
    error: expect.stringContaining('`admin.hosts`'),
  });
});

test.each([
  '127.0.0.1:4010',
  '10.2.3.4:4010',
  '[::1]:4010',
  '[fe80::1]',
  'localhost:4010',
  'LOCALHOST',
  'a.localhost',
  '',
])('a browser never takes "%s" for a name of somebody else, so it is served', async host => {
  await using shop = await startShop();
  expect(await statusAt(shop, host, '/metrics')).toBe(200);
});

test('names are served that the configuration says the listener goes by', async () => {
  await using shop = await startShop({
    admin: { listen: 'Ops.example.com:4010', hosts: ['gateway', 'Weir.internal'] },
  });
  for (const host of ['gateway:4010', 'weir.internal', 'ops.example.com:4010', '127.0.0.1'])
    expect([host, await statusAt(shop, host, '/metrics')]).toEqual([host, 200]);
  expect(await statusAt(shop, 'example.com', '/metrics')).toBe(403);
});

test.each(['http://gateway', 'gateway:4010', '', 'a b', '*.internal'])('"%s" is no name of a host', host => {
  expect(() => parseConfig(gatewayConfig, { admin: { hosts: [host] } }, 'test config')).toThrow(
    /admin\.hosts/,
  );
});

test('probes say nothing that anybody may not know, whatever name they use', async () => {
  await using shop = await startShop();
  for (const url of ['/health/live', '/health/ready'])
    expect(await statusAt(shop, 'weir.default.svc.cluster.local', url)).toBe(200);
});

test('with a certificate the name is one that its holder goes by', async () => {
  await using secure = await listenSecurely({}, 'admin');
  const headers = { host: 'weir.example' };
  const options = { method: 'GET', path: '/breakers', headers, checkServerIdentity: () => undefined };
  expect(await ask(secure.port, options)).toMatch(/^200 /);
});
