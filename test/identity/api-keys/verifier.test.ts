import { describe, expect, test, vi } from 'vitest';
import type { GatewayError } from '../../../src/errors.ts';
import type { ApiKeyStore } from '../../../src/identity/api-keys/api-key-store.ts';
import type { ApiKeyRecord } from '../../../src/identity/api-keys/record.ts';
import { createRedisStore } from '../../../src/identity/api-keys/redis-store.ts';
import { createApiKeyVerifier } from '../../../src/identity/api-keys/verifier.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { startRedisProxy } from '../../storage/redis-proxy.ts';
import { useRedis } from '../../storage/use-redis.ts';
import { createGate } from '../../support/gate.ts';
import { PATIENCE } from '../../support/patience.ts';
import { recordingLogger } from '../../support/recording-logger.ts';
import { CREATED, makeKey } from './keys.ts';

const CACHE_FOR = 30_000;

interface Verifying {
  readonly records?: readonly ApiKeyRecord[];
  readonly store?: ApiKeyStore;
  readonly cache?: number;
}

function verifying({ records = [], store, cache = 100 }: Verifying = {}) {
  let now = CREATED;
  const found = new Map(records.map(record => [record.id, record]));
  const find = vi.fn(async (id: string) => found.get(id) ?? null);
  const unused = () => Promise.reject(new Error('a verifier only finds'));
  const scripted: ApiKeyStore = { find, list: unused, add: unused, revoke: unused, close: async () => {} };
  const { logger, lines } = recordingLogger();
  const metrics = createMetrics();
  const clock = { now: () => now, elapsed: () => now };
  const config = { cache, cacheFor: CACHE_FOR };
  return {
    verifier: createApiKeyVerifier({ config, store: store ?? scripted, clock, logger, metrics }),
    find,
    found,
    lines,
    metrics,
    tick(ms: number) {
      now += ms;
    },
  };
}

async function refusal(work: Promise<unknown>): Promise<GatewayError> {
  return work.then(
    () => expect.unreachable('it was accepted'),
    (error: GatewayError) => error,
  );
}

describe('a good key', () => {
  test('is its record: facts, and claims under the names of claims', async () => {
    const { text, record } = makeKey({ persona: 'mobile' });
    const caller = await verifying({ records: [record] }).verifier.verify(text);
    expect(caller).toMatchObject({
      kind: 'api-key',
      subject: 'u-1',
      scopes: new Set(['read:a', 'read:b']),
      roles: new Set(['user']),
      permissions: new Set(),
      tenant: 'acme',
      tier: 'premium',
      client: 'billing',
      persona: 'mobile',
    });
    expect(caller.claims).toEqual({
      sub: 'u-1',
      scope: 'read:a read:b',
      roles: ['user'],
      tenant: 'acme',
      tier: 'premium',
      client_id: 'billing',
      persona: 'mobile',
    });
    expect(Object.isFrozen(caller.claims)).toBe(true);
  });

  test('has no claim for what its record leaves open, and nothing of its hash', async () => {
    const open = { scopes: [], roles: [], tier: null, tenant: null, client: null };
    const { text, record } = makeKey(open);
    const caller = await verifying({ records: [record] }).verifier.verify(text);
    expect(caller.claims).toEqual({ sub: 'u-1' });
    expect(JSON.stringify(caller)).not.toContain(record.hash);
  });

  test('makes the same caller as another key that says the same, and not as one that says more', async () => {
    const [one, same, more] = [makeKey(), makeKey(), makeKey({ roles: ['user', 'admin'] })];
    const { verifier } = verifying({ records: [one.record, same.record, more.record] });
    const { key } = await verifier.verify(one.text);
    expect((await verifier.verify(same.text)).key).toBe(key);
    expect((await verifier.verify(more.text)).key).not.toBe(key);
  });
});

describe('a bad key is 401 with a challenge, and is not known after that', () => {
  const good = makeKey();
  const other = makeKey();
  const expired = makeKey({ expiresAt: '2029-12-31T23:59:59.999Z' });
  const atThisMoment = makeKey({ expiresAt: new Date(CREATED).toISOString() });
  const revoked = makeKey({ revokedAt: '2029-12-31T00:00:00.000Z' });
  const records = [good, other, expired, atThisMoment, revoked].map(({ record }) => record);
  const secret = (text: string): string => text.slice(-32);

  test.each([
    ['empty', ''],
    ['another kind of thing', 'eyJhbGciOiJub25lIn0.e30.'],
    ['of an unknown id', makeKey().text],
    ['a part of a key', good.text.slice(0, -1)],
    ['the id alone', `weir_${good.record.id}`],
    ['an id with the secret of another', `weir_${good.record.id}_${secret(other.text)}`],
    ['an id with its hash for a secret', `weir_${good.record.id}_${good.record.hash.slice(0, 32)}`],
    ['in capitals', good.text.toUpperCase()],
    ['with a space', `${good.text} `],
    ['oversize', `${good.text}${'a'.repeat(1_000_000)}`],
    ['expired', expired.text],
    ['expiring now', atThisMoment.text],
    ['revoked', revoked.text],
  ])('%s', async (_title, key) => {
    const { verifier } = verifying({ records });
    await verifier.verify(good.text);
    const error = await refusal(verifier.verify(key));
    expect(error).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
    expect(error.headers.get('www-authenticate')).toBe('ApiKey realm="weir"');
    expect(verifier.known(key)).toBeNull();
    if (key !== '') expect(`${error.message}${error.stack}`).not.toContain(key);
  });

  test('whoever does not hold the secret learns nothing of the record', async () => {
    const { verifier, metrics } = verifying({ records });
    const unknown = await refusal(verifier.verify(makeKey().text));
    for (const { record } of [good, expired, revoked]) {
      const guess = `weir_${record.id}_${secret(makeKey().text)}`;
      expect((await refusal(verifier.verify(guess))).message).toBe(unknown.message);
    }
    expect(await metrics.registry.metrics()).toContain('weir_api_key_lookups_total{outcome="refused"} 4');
  });

  test('one that cannot be a key is not looked up', async () => {
    const { verifier, find } = verifying({ records });
    await refusal(verifier.verify(good.text.slice(1)));
    expect(find).not.toHaveBeenCalled();
  });
});

describe('a key that was checked', () => {
  test('is known without asking, until cacheFor has passed', async () => {
    const { text, record } = makeKey();
    const { verifier, find, tick } = verifying({ records: [record] });
    expect(verifier.known(text)).toBeNull();
    const caller = await verifier.verify(text);
    tick(CACHE_FOR - 1);
    expect(verifier.known(text)).toBe(caller);
    expect(await verifier.verify(text)).toBe(caller);
    expect(find).toHaveBeenCalledTimes(1);
    tick(1);
    expect(verifier.known(text)).toBeNull();
    await verifier.verify(text);
    expect(find).toHaveBeenCalledTimes(2);
  });

  test('expires to the millisecond', async () => {
    const { text, record } = makeKey({ expiresAt: new Date(CREATED + 5_000).toISOString() });
    const { verifier, tick } = verifying({ records: [record] });
    await verifier.verify(text);
    tick(4_999);
    expect(verifier.known(text)).not.toBeNull();
    tick(1);
    expect(verifier.known(text)).toBeNull();
    expect(await refusal(verifier.verify(text))).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('works for cacheFor after its revocation and no longer, counted from when it was asked about', async () => {
    const { text, record } = makeKey();
    const { verifier, find, found, tick } = verifying({ records: [record] });
    let answer = (): void => {};
    find.mockImplementationOnce(
      () =>
        new Promise(done => {
          answer = () => done(record);
        }),
    );
    const asked = verifier.verify(text);
    found.set(record.id, { ...record, revokedAt: new Date(CREATED).toISOString() });
    tick(CACHE_FOR - 1);
    answer();
    await asked;
    expect(verifier.known(text)).not.toBeNull();
    tick(1);
    expect(verifier.known(text)).toBeNull();
    await refusal(verifier.verify(text));
  });

  test('is forgotten when more keys are remembered than there is room for', async () => {
    const keys = [makeKey(), makeKey(), makeKey()];
    const { verifier } = verifying({ records: keys.map(({ record }) => record), cache: 2 });
    for (const { text } of keys) await verifier.verify(text);
    expect(keys.map(({ text }) => verifier.known(text) !== null)).toEqual([false, true, true]);
  });

  test('is not pushed out by wrong ones', async () => {
    const { text, record } = makeKey();
    const { verifier } = verifying({ records: [record], cache: 1 });
    await verifier.verify(text);
    for (let i = 0; i < 10; i++) await refusal(verifier.verify(makeKey().text));
    expect(verifier.known(text)).not.toBeNull();
  });
});

test('requests with one key at one time ask once', async () => {
  const { text, record } = makeKey();
  const { verifier, find, metrics } = verifying({ records: [record] });
  const callers = await Promise.all([verifier.verify(text), verifier.verify(text), verifier.verify(text)]);
  expect(new Set(callers).size).toBe(1);
  expect(find).toHaveBeenCalledTimes(1);
  expect(await metrics.registry.metrics()).toContain('weir_api_key_lookups_total{outcome="ok"} 1');
});

test('a flood of keys is turned away beyond a thousand lookups at once', async () => {
  const { verifier, find } = verifying();
  const { opened: gate, open: answer } = createGate();
  find.mockImplementation(() => gate.then(() => null));
  const waiting = Array.from({ length: 1_000 }, () => refusal(verifier.verify(makeKey().text)));
  const excess = await refusal(verifier.verify(makeKey().text));
  expect(excess).toMatchObject({ code: 'OVERLOADED', status: 503 });
  expect(excess.headers.get('retry-after')).toBe('1');
  answer();
  expect(new Set((await Promise.all(waiting)).map(({ code }) => code))).toEqual(new Set(['UNAUTHENTICATED']));
  expect(await refusal(verifier.verify(makeKey().text))).toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('while Redis is gone, remembered keys work, others are told to wait, and all work when it is back', async () => {
  await using proxy = await startRedisProxy();
  await using used = await useRedis({ url: proxy.url });
  const store = createRedisStore(used.redis, { now: () => CREATED, elapsed: () => CREATED });
  const [remembered, other] = [makeKey(), makeKey()];
  await store.add(remembered.record);
  await store.add(other.record);
  const { verifier, tick, lines, metrics } = verifying({ store });
  const caller = await verifier.verify(remembered.text);

  await proxy.cut();
  await vi.waitFor(() => expect(used.redis.client.status).not.toBe('ready'), PATIENCE);
  expect(await verifier.verify(remembered.text)).toBe(caller);
  for (let i = 0; i < 3; i++) {
    const error = await refusal(verifier.verify(other.text));
    expect(error).toMatchObject({ code: 'OVERLOADED', status: 503 });
    expect(error.message).toMatch(/cannot be checked right now/);
    expect(error.headers.get('retry-after')).toBe('1');
  }
  expect(lines).toHaveLength(1);
  expect(await metrics.registry.metrics()).toContain('weir_api_key_lookups_total{outcome="unavailable"} 3');
  tick(CACHE_FOR);
  expect(await refusal(verifier.verify(remembered.text))).toMatchObject({ code: 'OVERLOADED' });

  await proxy.open();
  await used.redis.ready(10_000);
  expect(await verifier.verify(remembered.text)).toMatchObject({ subject: 'u-1' });
  expect(await verifier.verify(other.text)).toMatchObject({ subject: 'u-1' });
});
