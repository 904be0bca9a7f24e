import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createApiKey, listApiKeys, revokeApiKey } from '../../src/cli/apikey.ts';
import { openApiKeyStore } from '../../src/identity/api-keys/open-store.ts';
import { createApiKeyVerifier } from '../../src/identity/api-keys/verifier.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { randomId } from '../../src/shared/random-id.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { makeKey } from '../identity/api-keys/keys.ts';
import { REDIS_URL } from '../storage/redis-proxy.ts';
import { useRedis } from '../storage/use-redis.ts';
import { runCli } from '../support/start-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const apikey = (cwd: string, ...args: readonly string[]) => runCli(['apikey', ...args], { cwd });

const IN_A_FILE = { 'gateway.yaml': 'identity: { apiKeys: { file: keys.json } }' };
const KEY = /^weir_([0-9A-Za-z]{12})_[0-9A-Za-z]{32}\n$/;

const idOf = (stdout: string): string => KEY.exec(stdout)?.[1] ?? expect.unreachable(stdout);

const logger = createLogger('silent');

/** What a gateway with these keys thinks of one. */
async function verify(folder: string, key: string) {
  const config = { file: 'keys.json', redis: false, cache: 10, cacheFor: 30_000 };
  const store = await openApiKeyStore({ config, redis: null, folder, clock: systemClock, logger });
  return createApiKeyVerifier({ config, store, clock: systemClock, logger }).verify(key.trim());
}

describe('weir apikey create', () => {
  test('prints a key and nothing else, with which a gateway knows what was said', async () => {
    await using folder = await temporaryFolder(IN_A_FILE);
    const facts = [
      '--scope',
      'read:a read:b',
      '--scope',
      'c',
      '--role',
      'user',
      'admin',
      '--tier',
      'premium',
    ];
    const more = ['--tenant', 'acme', '--client', 'billing', '--persona', 'admin', '--expires', '90d'];
    const { code, stdout, stderr } = await apikey(folder.path, 'create', '--sub', 'u-1', ...facts, ...more);
    expect(code).toBe(0);
    expect(stdout).toMatch(KEY);
    expect(stderr).toContain(idOf(stdout));
    expect(stderr).not.toContain(stdout.trim());
    expect(await verify(folder.path, stdout)).toMatchObject({
      subject: 'u-1',
      scopes: new Set(['read:a', 'read:b', 'c']),
      roles: new Set(['user', 'admin']),
      tier: 'premium',
      tenant: 'acme',
      client: 'billing',
      persona: 'admin',
    });
    expect((await stat(join(folder.path, 'keys.json'))).mode & 0o777).toBe(0o600);
  });

  test('says so on stderr when the key never expires', async () => {
    await using folder = await temporaryFolder(IN_A_FILE);
    expect((await apikey(folder.path, 'create', '--sub', 'u-1')).stderr).toMatch(/never expires/);
  });

  test('finds the file of keys beside the configuration, wherever it is run', async () => {
    await using folder = await temporaryFolder({ 'deploy/gateway.yaml': IN_A_FILE['gateway.yaml'] });
    await apikey(folder.path, 'create', '--sub', 'u-1', '--config', 'deploy/gateway.yaml');
    await expect(stat(join(folder.path, 'deploy/keys.json'))).resolves.toBeDefined();
  });

  test('wants to know whose it is', async () => {
    await using folder = await temporaryFolder(IN_A_FILE);
    const { code, stdout, stderr } = await apikey(folder.path, 'create');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/--sub/);
  });

  test.each([
    ['an empty subject', { sub: '' }, /--sub is empty/],
    ['a line break', { sub: 'a\nb' }, /--sub holds control characters/],
    ['a duration that is none', { sub: 'a', expires: 'soon' }, /--expires.*soon/],
    ['a time that is over', { sub: 'a', expires: '0d' }, /--expires/],
    ['a time beyond all calendars', { sub: 'a', expires: '99999999999d' }, /--expires/],
    ['an empty role', { sub: 'a', role: [''] }, /--role is empty/],
  ])('refuses %s, and makes no key', async (_title, flags, expected) => {
    await using folder = await temporaryFolder(IN_A_FILE);
    const config = join(folder.path, 'gateway.yaml');
    await expect(createApiKey({ ...flags, config })).rejects.toThrow(expected);
    await expect(stat(join(folder.path, 'keys.json'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

test('weir apikey list shows which keys there are and nothing of what they are made of', async () => {
  await using folder = await temporaryFolder(IN_A_FILE);
  const open = { tier: null, client: null, scopes: [] };
  const [past, future] = ['2020-01-01T00:00:00.000Z', '2999-01-01T00:00:00.000Z'];
  const records = [
    makeKey({ ...open, scopes: ['a', 'b'], createdAt: '2019-01-01T00:00:00.000Z' }).record,
    makeKey({
      ...open,
      tier: 'free',
      client: 'billing',
      expiresAt: past,
      createdAt: '2019-01-02T00:00:00.000Z',
    }).record,
    makeKey({ ...open, expiresAt: future, createdAt: '2019-01-03T00:00:00.000Z', revokedAt: past }).record,
  ];
  const [first, second, third] = records.map(({ id }) => id);
  await folder.write('keys.json', JSON.stringify({ version: 1, keys: [...records].reverse() }));
  const { code, stdout } = await apikey(folder.path, 'list');
  expect(code).toBe(0);
  const [head, ...rows] = stdout
    .trimEnd()
    .split('\n')
    .map(line => line.split(/ {2,}/));
  expect(head).toEqual(['id', 'subject', 'tier', 'scopes', 'client', 'expires', 'state']);
  expect(rows).toEqual([
    [first, 'u-1', '-', 'a b', '-', 'never', 'active'],
    [second, 'u-1', 'free', '-', 'billing', past, 'expired'],
    [third, 'u-1', '-', '-', '-', future, 'revoked'],
  ]);
});

describe('weir apikey revoke', () => {
  test('ends a key', async () => {
    await using folder = await temporaryFolder(IN_A_FILE);
    const { stdout } = await apikey(folder.path, 'create', '--sub', 'u-1');
    const { code, stderr } = await apikey(folder.path, 'revoke', idOf(stdout));
    expect(code).toBe(0);
    expect(stderr).toMatch(/30s/);
    await expect(verify(folder.path, stdout)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test.each([
    ['an id that is not there', 'abcdefghijkl', /no API key abcdefghijkl/],
    ['what is no id', 'x', /weir apikey list/],
    ['a whole key, without repeating it', `weir_abcdefghijkl_${'s'.repeat(32)}`, /^(?!.*sss).*id only/],
  ])('refuses %s', async (_title, id, expected) => {
    await using folder = await temporaryFolder(IN_A_FILE);
    const config = join(folder.path, 'gateway.yaml');
    await expect(revokeApiKey(id, { config })).rejects.toThrow(expected);
  });
});

test('keys in Redis are managed the same way', async () => {
  const prefix = `test-${randomId()}`;
  await using folder = await temporaryFolder({
    'gateway.yaml': `{ identity: { apiKeys: { redis: true } }, storage: { redis: { url: "${REDIS_URL}", prefix: ${prefix} } } }`,
  });
  await using used = await useRedis();
  try {
    const id = idOf((await apikey(folder.path, 'create', '--sub', 'u-1')).stdout);
    expect((await apikey(folder.path, 'revoke', id)).code).toBe(0);
    expect((await apikey(folder.path, 'list')).stdout).toMatch(new RegExp(`${id} .* revoked\n$`));
  } finally {
    const names = ['records', 'revoked'].map(name => `${prefix}:{apikeys}:${name}`);
    expect(await used.redis.client.del(...names)).toBe(2);
  }
});

describe('a configuration that does not say where keys are', () => {
  test.each([
    ['is missing', {}, /gateway\.yaml.*no such file/],
    ['has no apiKeys', { 'gateway.yaml': 'identity: {}' }, /gateway\.yaml.*identity\.apiKeys\.file/],
    [
      'wants Redis and names none',
      { 'gateway.yaml': 'identity: { apiKeys: { redis: true } }' },
      /storage\.redis/,
    ],
    [
      'names a Redis that is not there',
      {
        'gateway.yaml':
          '{ identity: { apiKeys: { redis: true } }, storage: { redis: { url: "redis://:sesame@127.0.0.1:9" } } }',
      },
      /^(?!.*sesame).*127\.0\.0\.1:9.*ECONNREFUSED/,
    ],
    [
      'names a file that holds something else',
      { ...IN_A_FILE, 'keys.json': '{ "keys": [] }' },
      /keys\.json.*version/,
    ],
  ])('is told of when it %s', async (_title, files, expected) => {
    await using folder = await temporaryFolder(files);
    const config = join(folder.path, 'gateway.yaml');
    await expect(listApiKeys({ config })).rejects.toThrow(expected);
  });

  test('ends the command with one sentence', async () => {
    await using folder = await temporaryFolder();
    const { code, stdout, stderr } = await apikey(folder.path, 'list');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe('weir: gateway.yaml cannot be used: there is no such file (ENOENT)\n');
  });
});
