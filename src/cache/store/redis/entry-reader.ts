import type { RedisClient, RedisStorage } from '../../../storage/redis.ts';
import { createRedisScript } from '../../../storage/redis-script.ts';
import { isIntact, MAGIC, readSince, readTags } from '../entry-codec.ts';
import { INVALIDATED, MISSING, NUMBERS, READ, UNREADABLE } from './lua.ts';
import type { RedisNames } from './names.ts';

export interface ReadEntries {
  /** The newest number when it was read: what is here was valid then. */
  readonly newest: number;
  /** In the order of the keys. */
  readonly entries: readonly ReadEntry[];
}

/** Intact bytes of a valid entry, or why there are none. */
export type ReadEntry = Buffer | 'miss' | 'invalidated' | 'corrupt';

/** One call of a script does not hold up the server for longer than so many take. */
export const MAX_KEYS = 200;
const MAX_TAGS = 4_000;

const readScript = createRedisScript(READ);
const numbersScript = createRedisScript(NUMBERS);

const VERDICTS = new Map<unknown, Exclude<ReadEntry, Buffer>>([
  [MISSING, 'miss'],
  [INVALIDATED, 'invalidated'],
  [UNREADABLE, 'corrupt'],
]);

/** One round trip; on a cluster two, as the numbers of tags are not where the entries are. @throws RedisError */
export function readEntries(
  redis: RedisStorage,
  names: RedisNames,
  keys: readonly string[],
): Promise<ReadEntries> {
  const entryNames = keys.map(names.entry);
  return redis.read(async client => {
    if (redis.isCluster) return readFromCluster(client, names, entryNames);
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

/** @param got bytes or a verdict of the script */
export function verdictOf(got: unknown): ReadEntry {
  if (Buffer.isBuffer(got)) return isIntact(got) ? got : 'corrupt';
  return VERDICTS.get(got) ?? 'corrupt';
}

/** Of servers where entries are not where numbers are. @throws RedisError */
export async function readFromCluster(
  client: RedisClient,
  { numbers }: RedisNames,
  entryNames: readonly string[],
): Promise<ReadEntries> {
  const got = await Promise.all(entryNames.map(name => getBytes(client, name)));
  const found = got.map(bytes => (typeof bytes === 'string' ? bytes : verdictOf(bytes)));
  const tagsOf = found.map(entry => (typeof entry === 'string' ? [] : readTags(entry).tags));
  const tags = [...new Set(tagsOf.flat())];
  if (found.every(entry => typeof entry === 'string')) return { newest: 0, entries: found };
  const chunks = tags.length === 0 ? [[]] : chunksOf(tags, MAX_TAGS);
  const replies = await Promise.all(
    chunks.map(async chunk => (await numbersScript.run(client, [numbers], chunk)) as readonly string[]),
  );
  const newest = Math.min(...replies.map(([number]) => Number(number)));
  const floor = Math.max(...replies.map(([, number]) => Number(number)));
  const numberOf = new Map(replies.flatMap(([, , ...all]) => all.map(Number)).map((n, i) => [tags[i], n]));
  const entries = found.map((entry, i) => {
    if (typeof entry === 'string') return entry;
    const since = readSince(entry);
    const isValid =
      newest > 0 &&
      since >= floor &&
      since <= newest &&
      (tagsOf[i] as string[]).every(tag => (numberOf.get(tag) as number) <= since);
    return isValid ? entry : 'invalidated';
  });
  return { newest, entries };
}

/** Something that is no text is there under a name of ours: no entry, and no reason to fail for the others. */
async function getBytes(client: RedisClient, name: string): Promise<Buffer | 'miss' | 'corrupt'> {
  try {
    return (await client.getBuffer(name)) ?? 'miss';
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('WRONGTYPE')) return 'corrupt';
    throw error;
  }
}

/** In their order. */
export function chunksOf<T>(all: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let i = 0; i < all.length; i += size) chunks.push(all.slice(i, i + size));
  return chunks;
}
