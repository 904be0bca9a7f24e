import { type ApiKeyStore, idIsTaken, storeIsFull } from './api-key-store.ts';
import { withFileLock } from './file-lock.ts';
import { followKeyFile, type KeyFileParts } from './followed-key-file.ts';
import { MAX_KEYS_IN_FILE, readKeyFile, writeKeyFile } from './key-file.ts';
import type { ApiKeyRecord } from './record.ts';

/**
 * Keys in a JSON file. Finding a key goes on with the last good file; listing and writing need a good one.
 * @throws ConfigError when the file is there and cannot be used.
 */
export async function openFileStore(parts: KeyFileParts): Promise<ApiKeyStore> {
  const { path, clock } = parts;
  const present = await followKeyFile(parts);

  /** The edit returns null to leave the file as it is. */
  const change = (edit: (keys: Map<string, ApiKeyRecord>) => ApiKeyRecord | null): Promise<void> =>
    withFileLock(path, async () => {
      const keys = new Map((await readKeyFile(path)) ?? []);
      const record = edit(keys);
      if (record !== null) await writeKeyFile(path, keys.set(record.id, record).values());
    });

  return {
    async find(id) {
      return (await present()).get(id) ?? null;
    },
    async list() {
      return [...((await readKeyFile(path)) ?? new Map()).values()];
    },
    async add(record) {
      await change(keys => {
        if (keys.has(record.id)) throw idIsTaken(record.id);
        if (keys.size >= MAX_KEYS_IN_FILE) throw storeIsFull(path, MAX_KEYS_IN_FILE);
        return record;
      });
    },
    async revoke(id) {
      let isThere = false;
      await change(keys => {
        const record = keys.get(id);
        isThere = record !== undefined;
        if (record === undefined || record.revokedAt !== null) return null;
        return { ...record, revokedAt: new Date(clock.now()).toISOString() };
      });
      return isThere;
    },
    close: async () => {},
  };
}
