import { chunksOf } from '../../../shared/chunks-of.ts';
import type { RedisClient } from '../../../storage/redis.ts';
import { createRedisScript } from '../../../storage/redis-script.ts';
import { getBytes } from '../../../storage/redis-values.ts';
import { readSince, readTags } from '../entry-codec.ts';
import { olderOf, type ReadEntries, type ReadEntry, verdictOf } from './entry-verdict.ts';
import { KnownNumbers } from './known-numbers.ts';
import { NEWER, NUMBERS } from './lua.ts';
import type { RedisNames } from './names.ts';

/** One call of a script does not hold up the server for longer than so many take. */
const MAX_TAGS = 1_000;
const MAX_NEWER = 1_000;

const newerScript = createRedisScript(NEWER);
const numbersScript = createRedisScript(NUMBERS);

/** What a read may rely on, whatever others find out about the server meanwhile. */
interface Learned {
  readonly known: KnownNumbers;
  /** All up to this is known. */
  readonly newest: number;
}

/** Reads entries of a cluster, where numbers are not where entries are. */
export class ClusterReader {
  readonly #names: RedisNames;
  #known = new KnownNumbers();
  /** What somebody asks for all of. */
  #first: KnownNumbers | null = null;
  /** What will be sent after this turn. */
  #next: Promise<Learned | null> | null = null;

  constructor(names: RedisNames) {
    this.#names = names;
  }

  /**
   * One round trip, as what was invalidated since the last time is asked for beside the entries. A second one for those
   * of which that does not say whether they are valid: they are older than what is remembered here.
   * @throws RedisError
   */
  async read(client: RedisClient, keys: readonly string[]): Promise<ReadEntries> {
    const [learned, found] = await Promise.all([
      this.#learn(client),
      Promise.all(keys.map(key => readOne(client, this.#names.entry(key)))),
    ]);
    const entries = found.map(entry => verdictOn(entry, learned));
    const doubtful = found.filter((_, i): _ is Buffer => entries[i] === 'unknown');
    const newest = learned?.newest ?? 0;
    if (doubtful.length === 0) return { newest, entries: entries as readonly ReadEntry[] };
    const judged = await this.#judge(client, doubtful);
    let next = 0;
    return {
      newest: olderOf(newest, judged.newest),
      entries: entries.map(entry => (entry === 'unknown' ? (judged.entries[next++] as ReadEntry) : entry)),
    };
  }

  /** One call for all who read in one turn of the event loop, sent after it as what they read is. Null: nothing is known. */
  #learn(client: RedisClient): Promise<Learned | null> {
    this.#next ??= new Promise<void>(done => setImmediate(done)).then(() => {
      this.#next = null;
      return this.#learnOnce(client);
    });
    return this.#next;
  }

  async #learnOnce(client: RedisClient): Promise<Learned | null> {
    const known = this.#known;
    if (known.end > 0) return this.#ask(client, known);
    // All that is remembered takes a hundred times as long to tell as what came since, and all gateways want it at once
    // where a server has taken over: for one of those who read here is enough.
    if (this.#first === known) return null;
    this.#first = known;
    try {
      return await this.#ask(client, known);
    } finally {
      if (this.#first === known) this.#first = null;
    }
  }

  async #ask(client: RedisClient, known: KnownNumbers): Promise<Learned | null> {
    const after = known.end;
    const reply = await newerScript.run(client, [this.#names.numbers], [after, MAX_NEWER]);
    const [newest, floor, isCut, ...pairs] = reply as readonly string[];
    const newer = {
      after,
      newest: Number(newest),
      floor: Number(floor),
      members: chunksOf(pairs, 2).map(([member, number]) => [String(member), Number(number)] as const),
      isCut: Number(isCut) === 1,
    };
    if (known.learn(newer)) return newer.newest === 0 ? null : { known, newest: newer.newest };
    if (this.#known === known) this.#known = new KnownNumbers();
    return null;
  }

  async #judge(client: RedisClient, found: readonly Buffer[]): Promise<ReadEntries> {
    const tagsOf = found.map(entry => readTags(entry).tags);
    const tags = [...new Set(tagsOf.flat())];
    const chunks = tags.length === 0 ? [[]] : chunksOf(tags, MAX_TAGS);
    const replies = await Promise.all(
      chunks.map(
        async chunk => (await numbersScript.run(client, [this.#names.numbers], chunk)) as readonly string[],
      ),
    );
    const newest = Math.min(...replies.map(([number]) => Number(number)));
    const floor = Math.max(...replies.map(([, number]) => Number(number)));
    const all = replies.flatMap(([, , ...numbers]) => numbers.map(Number));
    const numberOf = new Map(all.map((number, i) => [tags[i], number]));
    const entries = found.map((entry, i) => {
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
}

function verdictOn(entry: ReadEntry, learned: Learned | null): ReadEntry | 'unknown' {
  if (typeof entry === 'string') return entry;
  const since = readSince(entry);
  if (learned === null || since > learned.newest) return 'unknown';
  const verdict = learned.known.verdictOn(readTags(entry).tags, since);
  return verdict === 'valid' ? entry : verdict;
}

/** Something that is no text is there under a name of ours: no entry, and no reason to fail for the others. */
async function readOne(client: RedisClient, name: string): Promise<ReadEntry> {
  try {
    const bytes = await getBytes(client, name);
    return bytes === null ? 'miss' : verdictOf(bytes);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('WRONGTYPE')) return 'corrupt';
    throw error;
  }
}
