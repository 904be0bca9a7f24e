import { readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openFileStore } from '../../../src/identity/api-keys/file-store.ts';
import { writeKeyFile } from '../../../src/identity/api-keys/key-file.ts';
import type { ApiKeyRecord } from '../../../src/identity/api-keys/record.ts';
import { recordingLogger } from '../../support/recording-logger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { makeKey } from './keys.ts';

const textOf = (...keys: readonly object[]): string => JSON.stringify({ version: 1, keys });

async function opened(text: string | null) {
  const folder = await temporaryFolder(text === null ? {} : { 'keys.json': text });
  const { logger, lines } = recordingLogger();
  let elapsed = 0;
  const path = join(folder.path, 'keys.json');
  const store = await openFileStore({ path, clock: { now: Date.now, elapsed: () => elapsed }, logger });
  return {
    store,
    path,
    folder,
    lines,
    tick(ms: number) {
      elapsed += ms;
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

test('only its owner may read the file, and nothing is left beside it', async () => {
  await using keys = await opened(null);
  await keys.store.add(makeKey().record);
  expect((await stat(keys.path)).mode & 0o777).toBe(0o600);
  expect(await readdir(keys.folder.path)).toEqual(['keys.json']);
});

test('a link to the file stays a link', async () => {
  await using keys = await opened(textOf());
  const link = join(keys.folder.path, 'link.json');
  await symlink('keys.json', link);
  const clock = { now: Date.now, elapsed: () => 0 };
  const linked = await openFileStore({ path: link, clock, logger: recordingLogger().logger });
  const { record } = makeKey();
  await linked.add(record);
  expect(await keys.store.find(record.id)).toEqual(record);
});

test('a missing file is told of once, and holds keys as soon as it is there', async () => {
  await using keys = await opened(null);
  const { record } = makeKey();
  expect(await keys.store.find(record.id)).toBeNull();
  expect(keys.lines.map(({ level }) => level)).toEqual(['warn']);
  await writeFile(keys.path, textOf(record));
  expect(await keys.store.find(record.id)).toEqual(record);
});

test('a file that would be too large to be read again is not written', async () => {
  await using keys = await opened(textOf());
  const scopes = Array.from({ length: 60 }, () => 'x'.repeat(250));
  const records = Array.from({ length: 1_100 }, () => makeKey({ scopes }).record);
  await expect(writeKeyFile(keys.path, records)).rejects.toThrow('keys.json');
  expect(await readFile(keys.path, 'utf8')).toBe(textOf());
});

test('where nothing can be written nobody waits for another writer', async () => {
  await using keys = await opened(null);
  await rm(keys.folder.path, { recursive: true });
  await expect(keys.store.add(makeKey().record)).rejects.toThrow('cannot be written');
});

describe('a file that cannot be used', () => {
  const { record } = makeKey();
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['no JSON', '{ "version": 1,\n  "keys": [}', /keys\.json.*line 2, column/],
    ['YAML', 'version: 1\nkeys: []\n', /keys\.json.*it is not JSON/],
    ['a wrong hash', textOf({ ...record, hash: 'abc' }), /keys\.0\.hash/],
    ['a missing subject', textOf(record, { ...record, subject: undefined }), /keys\.1\.subject: is missing/],
    ['a misspelt name', textOf({ ...record, expiredAt: null }), /keys\.0\.expiredAt.*expiresAt/],
    ['a time that is none', textOf({ ...record, expiresAt: 'soon' }), /keys\.0\.expiresAt/],
    ['one id twice', textOf(record, record), /keys\.1\.id: is there twice/],
    ['another version', JSON.stringify({ version: 2, keys: [] }), /version/],
    ['a subject with a line break', textOf({ ...record, subject: 'a\r\nb' }), /keys\.0\.subject/],
  ];

  test.each(cases)('stops the start with its name and the place: %s', async (_title, text, expected) => {
    const failure = await opened(text).then(
      () => 'none',
      (error: Error) => error.message,
    );
    expect(failure).toMatch(expected);
    expect(failure).not.toContain(record.hash);
  });

  test('leaves the keys as they were, is told of once, and counts again when it is mended', async () => {
    await using keys = await opened(textOf(record));
    const other = makeKey().record;
    await writeFile(keys.path, '{');
    for (let i = 0; i < 3; i++) {
      keys.tick(1_000);
      expect(await keys.store.find(record.id)).toEqual(record);
    }
    expect(keys.lines.map(({ level }) => level)).toEqual(['error']);
    await writeFile(keys.path, textOf(other));
    keys.tick(1_000);
    expect(await keys.store.find(other.id)).toEqual(other);
    expect(await keys.store.find(record.id)).toBeNull();
  });

  test('is not written over', async () => {
    await using keys = await opened(textOf(record));
    await writeFile(keys.path, '{');
    await expect(keys.store.add(makeKey().record)).rejects.toThrow('keys.json');
    await expect(keys.store.revoke(record.id)).rejects.toThrow('keys.json');
    expect(await readdir(keys.folder.path)).toEqual(['keys.json']);
  });
});

test('taking the file away takes no key away; an empty list does', async () => {
  const { record } = makeKey();
  await using keys = await opened(textOf(record));
  await rm(keys.path);
  expect(await keys.store.find(record.id)).toEqual(record);
  await writeFile(keys.path, textOf());
  keys.tick(1_000);
  expect(await keys.store.find(record.id)).toBeNull();
});

test('a file that is edited in place is read again', async () => {
  const { record } = makeKey();
  await using keys = await opened(textOf(record));
  const revoked: ApiKeyRecord = { ...record, revokedAt: '2030-02-01T00:00:00.000Z' };
  await writeFile(keys.path, textOf(revoked));
  expect(await keys.store.find(record.id)).toEqual(revoked);
});
