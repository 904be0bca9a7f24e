import { describe, expect, test, vi } from 'vitest';
import { listApiKeys } from '../../src/cli/apikey.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { type RedisConfig, storageConfig } from '../../src/config/storage.ts';
import { openRedis } from '../../src/gateway/open-redis.ts';
import { systemClock } from '../../src/shared/clock.ts';
import type { RedisStorage } from '../../src/storage/redis.ts';
import { clusterOptions } from '../../src/storage/redis-options.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { startSentinelPair } from '../storage/redis-sentinel.ts';
import { startSecureRedis } from '../storage/secure-redis.ts';
import { createAuthority } from '../support/certificates.ts';
import { type LogLine, recordingLogger } from '../support/recording-logger.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const PATIENCE = { timeout: 15_000, interval: 10 };
const authority = createAuthority();
const next = createAuthority('the next authority');
const clients = createAuthority('authority of gateways');
const LOCAL = authority.issue(['127.0.0.1']);
const LOST = 'Redis is lost; going on without it and trying again';

interface OpenRedis extends AsyncDisposable {
  readonly redis: RedisStorage;
  readonly lines: readonly LogLine[];
  messages(): readonly string[];
}

async function open(folder: TemporaryFolder, settings: object): Promise<OpenRedis> {
  const { logger, lines } = recordingLogger();
  const config = parseConfig(storageConfig, { redis: settings }, 'gateway.yaml').redis as RedisConfig;
  const parts = { folder: folder.path, logger, metrics: createMetrics(), clock: systemClock };
  const redis = await openRedis(config, parts);
  const messages = () => lines.map(({ message }) => message);
  return { redis, lines, messages, [Symbol.asyncDispose]: () => redis.close() };
}

const ping = ({ redis }: OpenRedis): Promise<string> => redis.write(client => client.ping());

async function certificates(): Promise<TemporaryFolder> {
  const { cert, key } = clients.issue(['weir']);
  return temporaryFolder({ 'ca.pem': authority.cert, 'own.pem': cert, 'own.key': key });
}

test('a Redis of a private CA is reached, shown a certificate, and both may be renewed', async () => {
  await using folder = await certificates();
  await using server = await startSecureRedis(folder, {
    ...LOCAL,
    ca: clients.cert,
    asksForCertificates: true,
  });
  const tls = { ca: 'ca.pem', cert: 'own.pem', key: 'own.key' };
  await using opened = await open(folder, { url: server.url, tls });
  await opened.redis.ready(10_000);
  expect(await ping(opened)).toBe('PONG');
  const onListening = vi.fn();
  opened.redis.subscribe('news', { onMessage() {}, onListening });
  await vi.waitFor(() => expect(onListening).toHaveBeenCalledTimes(1), PATIENCE);

  const [shown, own] = [next.issue(['127.0.0.1']), next.issue(['weir'])];
  await server.kill();
  for (const [name, text] of Object.entries({
    ...{ 'server.pem': shown.cert, 'server.key': shown.key, 'server-ca.pem': next.cert },
    ...{ 'ca.pem': next.cert, 'own.pem': own.cert, 'own.key': own.key },
  }))
    await folder.write(name, text);
  await server.start();
  await vi.waitFor(() => expect(opened.messages()).toContain('certificates were renewed'), PATIENCE);
  await opened.redis.ready(10_000);
  expect(await ping(opened)).toBe('PONG');
  await vi.waitFor(() => expect(onListening).toHaveBeenCalledTimes(2), PATIENCE);
});

describe('no command goes to', () => {
  test.each([
    ['a Redis of a CA that is not trusted', next.issue(['127.0.0.1']), /no CA that is trusted here/],
    ['a Redis of another name', authority.issue(['redis.internal']), /does not match/],
    ['a Redis whose certificate is over', authority.issue(['127.0.0.1'], { isExpired: true }), /has expired/],
  ])('%s, and the log says why', async (_, shown, reason) => {
    await using folder = await certificates();
    await using server = await startSecureRedis(folder, { ...shown, ca: clients.cert });
    await using opened = await open(folder, { url: server.url, tls: { ca: 'ca.pem' } });
    await vi.waitFor(() => expect(opened.messages()).toEqual([LOST]), PATIENCE);
    expect(JSON.stringify(opened.lines[0]?.fields)).toMatch(reason);
    await expect(ping(opened)).rejects.toMatchObject({ reason: 'disconnected' });
  });
});

test('the name in the certificate may be another than the host', async () => {
  await using folder = await certificates();
  const shown = authority.issue(['redis.internal']);
  await using server = await startSecureRedis(folder, { ...shown, ca: clients.cert });
  const tls = { ca: 'ca.pem', serverName: 'redis.internal' };
  await using opened = await open(folder, { url: server.url, tls });
  await opened.redis.ready(10_000);
  expect(await ping(opened)).toBe('PONG');
});

test('sentinels and the servers they tell of are reached with the same certificates', async () => {
  await using folder = await certificates();
  await using pair = await startSentinelPair({ tls: { ...LOCAL, ca: authority.cert }, password: 'sesame' });
  await using opened = await open(folder, { sentinel: pair.config, tls: { ca: 'ca.pem' } });
  await opened.redis.ready(10_000);
  expect(await ping(opened)).toBe('PONG');
  await using stranger = await open(folder, { sentinel: pair.config });
  await vi.waitFor(() => expect(stranger.messages()).toEqual([LOST]), PATIENCE);
  expect(JSON.stringify(stranger.lines)).toMatch(/cannot be asked: its certificate is of no CA/);
});

test('nodes of a cluster are reached with certificates as they are at that time', () => {
  const contexts = ['first', 'second'];
  const current = () => contexts.shift() as never;
  const { options } = clusterOptions(['rediss://a.test'], { serverName: 'redis.internal', current });
  const made = () => ({ ...(options.redisOptions?.tls as object) });
  expect(made()).toEqual({ servername: 'redis.internal', secureContext: 'first' });
  expect(made()).toEqual({ servername: 'redis.internal', secureContext: 'second' });
});

test('weir apikey finds its keys there', async () => {
  await using folder = await certificates();
  await using server = await startSecureRedis(folder, { ...LOCAL, ca: clients.cert });
  const config = await folder.write(
    'gateway.yaml',
    `identity: { apiKeys: { redis: true } }\nstorage: { redis: { url: "${server.url}", tls: { ca: ca.pem } } }`,
  );
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  await listApiKeys({ config });
  const printed = write.mock.calls.join();
  write.mockRestore();
  expect(printed).toMatch(/^id +subject/);
});

describe('the settings', () => {
  test('of files that cannot be used end the start, with the setting', async () => {
    await using folder = await temporaryFolder({ 'ca.pem': 'nothing' });
    const url = 'rediss://127.0.0.1:9';
    await expect(open(folder, { url, tls: { ca: 'none.pem' } })).rejects.toThrow(
      /none\.pem \(storage\.redis\.tls\.ca\)/,
    );
    await expect(open(folder, { url, tls: { ca: 'ca.pem' } })).rejects.toThrow('storage.redis.tls.ca');
    await expect(open(folder, { url, tls: { cert: 'ca.pem' } })).rejects.toThrow('cert and key go together');
  });

  test.each([
    { url: 'redis://a.test' },
    { cluster: ['rediss://a.test', 'redis://b.test'] },
    { sentinel: { nodes: ['redis://a.test'], name: 'm' } },
  ])('are refused where they would do nothing: %j', where => {
    const redis = { ...where, tls: { ca: 'ca.pem' } };
    expect(() => parseConfig(storageConfig, { redis }, 'gateway.yaml')).toThrow(/redis\.tls: does nothing/);
  });
});
