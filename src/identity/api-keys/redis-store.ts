import type { Clock } from '../../shared/clock.ts';
import type { RedisClient, RedisStorage } from '../../storage/redis.ts';
import { type ApiKeyStore, ApiKeyStoreError, idIsTaken, storeIsFull } from './api-key-store.ts';
import { type ApiKeyRecord, apiKeyRecord } from './record.ts';

const MAX_KEYS_IN_REDIS = 100_000;

/** Keys a step of a scan looks at, so that listing never holds up the requests of others. */
const SCAN_COUNT = 500;

/** Replies: 1 added, 0 the id is taken, -1 there are too many. */
const ADD = `
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 0 end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return -1 end
return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])`;

/** Replies: 1 revoked, now or before; 0 there is no such key. */
const REVOKE = `
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[2])
return 1`;

/**
 * Keys in Redis: one hash of records, which are never written twice, and one of when keys were revoked, so that
 * no writer can undo a revocation by writing what it has read before.
 */
export function createRedisStore(redis: RedisStorage, clock: Clock): ApiKeyStore {
  const records = redis.key('apikeys', 'records');
  const revocations = redis.key('apikeys', 'revoked');
  return {
    async find(id) {
      const [record, revokedAt] = await redis.read(client =>
        Promise.all([client.hget(records, id), client.hget(revocations, id)]),
      );
      return record === null ? null : readRecord(id, record, revokedAt);
    },
    async list() {
      const found = new Map<string, ApiKeyRecord>();
      let cursor = '0';
      do {
        const [next, page] = await redis.write(client => client.hscan(records, cursor, 'COUNT', SCAN_COUNT));
        for (const record of await readPage(page)) found.set(record.id, record);
        cursor = next;
      } while (cursor !== '0' && found.size < MAX_KEYS_IN_REDIS);
      return [...found.values()];
    },
    async add(record) {
      // When it was revoked is kept apart, and no record says so by itself.
      const text = JSON.stringify({ ...record, revokedAt: null });
      const reply = await redis.write(client =>
        client.eval(ADD, 1, records, record.id, text, MAX_KEYS_IN_REDIS),
      );
      if (reply === 0) throw idIsTaken(record.id);
      if (reply === -1) throw storeIsFull('Redis', MAX_KEYS_IN_REDIS);
    },
    async revoke(id) {
      const at = new Date(clock.now()).toISOString();
      return (await redis.write(client => client.eval(REVOKE, 2, records, revocations, id, at))) === 1;
    },
    // The connection is the gateway's.
    close: async () => {},
  };

  /** @param page id, record, id, record … */
  async function readPage(page: readonly string[]): Promise<readonly ApiKeyRecord[]> {
    const ids = page.filter((_, index) => index % 2 === 0);
    if (ids.length === 0) return [];
    const revoked = await redis.write((client: RedisClient) => client.hmget(revocations, ...ids));
    return ids.map((id, index) => readRecord(id, page[index * 2 + 1] ?? '', revoked[index] ?? null));
  }
}

/** Values may be old, foreign or cut off: what does not hold together is no key. */
function readRecord(id: string, text: string, revokedAt: string | null): ApiKeyRecord {
  const result = apiKeyRecord.safeParse({ ...parseObject(text), revokedAt });
  if (result.success && result.data.id === id) return result.data;
  const [issue] = result.error?.issues ?? [];
  const place = issue === undefined ? 'id is of another key' : `${issue.path.join('.')} ${issue.message}`;
  throw new ApiKeyStoreError(`the record of API key ${JSON.stringify(id)} in Redis cannot be used: ${place}`);
}

function parseObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
