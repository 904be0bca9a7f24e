import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ApiKeyStore } from '../../../src/identity/api-keys/api-key-store.ts';
import { openApiKeyStore } from '../../../src/identity/api-keys/open-store.ts';
import { useRedis } from '../../storage/use-redis.ts';
import { recordingLogger } from '../../support/recording-logger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { CREATED, makeKey } from './keys.ts';

/** Two openings of the same keys, as a gateway and a command have. */
interface Opened extends AsyncDisposable {
  readonly here: ApiKeyStore;
  readonly there: ApiKeyStore;
  tick(ms: number): void;
}

type Open = () => Promise<Opened>;

const { logger } = recordingLogger();

function handClock() {
  let now = CREATED;
  return {
    tick(ms: number) {
      now += ms;
    },
    clock: { now: () => now, elapsed: () => now },
  };
}

const stores: readonly (readonly [string, Open])[] = [
  [
    'a file',
    async () => {
      const folder = await temporaryFolder();
      const { clock, tick } = handClock();
      const open = () =>
        openApiKeyStore({
          config: { file: 'keys.json', redis: false },
          redis: null,
          folder: join(folder.path),
          clock,
          logger,
        });
      const [here, there] = [await open(), await open()];
      return { here, there, tick, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
    },
  ],
  [
    'Redis',
    async () => {
      const used = await useRedis();
      const { clock, tick } = handClock();
      const open = () =>
        openApiKeyStore({ config: { redis: true }, redis: used.redis, folder: '/', clock, logger });
      const [here, there] = [await open(), await open()];
      return { here, there, tick, [Symbol.asyncDispose]: () => used[Symbol.asyncDispose]() };
    },
  ],
];

describe.each(stores)('keys in %s', (_name, open) => {
  test('are none at first', async () => {
    await using keys = await open();
    expect(await keys.here.find('abcdefghijkl')).toBeNull();
    expect(await keys.here.list()).toEqual([]);
  });

  test('are found by their id by everybody, just as they were added', async () => {
    await using keys = await open();
    const [one, two] = [makeKey().record, makeKey({ persona: 'mobile', scopes: [], tier: null }).record];
    await keys.here.add(one);
    await keys.there.add(two);
    expect(await keys.here.find(two.id)).toEqual(two);
    expect(await keys.there.find(one.id)).toEqual(one);
    expect(await keys.there.find('abcdefghijkl')).toBeNull();
  });

  test('are added once: an id that is taken keeps its key', async () => {
    await using keys = await open();
    const { record } = makeKey();
    await keys.here.add(record);
    await expect(keys.there.add({ ...makeKey().record, id: record.id })).rejects.toThrow(record.id);
    expect(await keys.here.find(record.id)).toEqual(record);
  });

  test('are revoked for everybody, at the time of the first revocation', async () => {
    await using keys = await open();
    const { record } = makeKey();
    await keys.here.add(record);
    expect(await keys.here.find(record.id)).toMatchObject({ revokedAt: null });
    keys.tick(1_000);
    expect(await keys.there.revoke(record.id)).toBe(true);
    keys.tick(1_000);
    expect(await keys.here.revoke(record.id)).toBe(true);
    const revoked = { ...record, revokedAt: '2030-01-01T00:00:01.000Z' };
    expect(await keys.here.find(record.id)).toEqual(revoked);
    expect(await keys.there.list()).toEqual([revoked]);
  });

  test('are not there to be revoked under another id', async () => {
    await using keys = await open();
    expect(await keys.here.revoke('abcdefghijkl')).toBe(false);
    expect(await keys.here.list()).toEqual([]);
  });

  test('are listed, all of them', async () => {
    await using keys = await open();
    const records = Array.from({ length: 60 }, () => makeKey().record);
    for (const record of records) await keys.here.add(record);
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
    expect([...(await keys.there.list())].sort(byId)).toEqual(records.sort(byId));
  });

  test('lose nothing when several write at once', async () => {
    await using keys = await open();
    const old = Array.from({ length: 4 }, () => makeKey().record);
    for (const record of old) await keys.here.add(record);
    const added = Array.from({ length: 4 }, () => makeKey().record);
    await Promise.all([
      ...added.map((record, index) => (index % 2 === 0 ? keys.here : keys.there).add(record)),
      ...old.map(({ id }, index) => (index % 2 === 0 ? keys.here : keys.there).revoke(id)),
    ]);
    const listed = await keys.here.list();
    expect(listed).toHaveLength(8);
    expect(
      listed
        .filter(({ revokedAt }) => revokedAt !== null)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(old.map(({ id }) => id).sort());
  });
});
