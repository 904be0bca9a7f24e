import { chunksOf } from '../../../shared/chunks-of.ts';
import type { RedisStorage } from '../../../storage/redis.ts';
import { createRedisScript } from '../../../storage/redis-script.ts';
import { MAGIC } from '../entry-codec.ts';
import type { ClusterReader } from './cluster-reader.ts';
import { type ReadEntries, verdictOf } from './entry-verdict.ts';
import { READ } from './lua.ts';
import type { RedisNames } from './names.ts';

/** Where entries are read. */
export interface EntryPlaces {
  readonly redis: RedisStorage;
  readonly names: RedisNames;
  readonly cluster: ClusterReader;
}

/** One call of a script does not hold up the server for longer than so many take. */
export const MAX_KEYS = 200;

const readScript = createRedisScript(READ);

/** One round trip; on a cluster {@link ClusterReader.read}. @throws RedisError */
export function readEntries(
  { redis, names, cluster }: EntryPlaces,
  keys: readonly string[],
): Promise<ReadEntries> {
  return redis.read(async client => {
    if (redis.isCluster) return cluster.read(client, keys);
    const entryNames = keys.map(names.entry);
    const calls = chunksOf(entryNames, MAX_KEYS).map(async chunk => {
      const reply = await readScript.runForBytes(client, [names.numbers, ...chunk], [MAGIC]);
      return reply as readonly [Buffer, ...unknown[]];
    });
    const replies = await Promise.all(calls);
    // The oldest of them: an entry may claim to have been valid earlier than it was, never later.
    const newest = Math.min(...replies.map(([number]) => Number(number)));
    return { newest, entries: replies.flatMap(([, ...all]) => all.map(verdictOf)) };
  });
}
