import { chunksOf } from '../../../shared/chunks-of.ts';
import type { RedisClient } from '../../../storage/redis.ts';
import { createRedisScript } from '../../../storage/redis-script.ts';
import { setFor } from '../../../storage/redis-values.ts';
import type { CacheEntry, ClaimTerms, Needed } from '../cache-store.ts';
import { decodeEntry, FRESH_AT, MAGIC, REVALIDATE_AT } from '../entry-codec.ts';
import { isEnough } from '../is-enough.ts';
import { type EntryPlaces, MAX_KEYS } from './entry-reader.ts';
import { olderOf, type ReadEntries, type ReadEntry, verdictOf } from './entry-verdict.ts';
import { CLAIM, GRANTED, HELD } from './lua.ts';

export interface ReadClaims {
  /** See ReadEntries. */
  readonly newest: number;
  /** Why leases could not be taken; null: they could. */
  readonly trouble: string | null;
  /** In the order of what was claimed. */
  readonly claims: readonly ReadClaim[];
}

export interface ReadClaim {
  readonly read: ReadEntry;
  /** Not wanted: what was read is enough. */
  readonly lease: 'granted' | 'held' | 'not-wanted';
}

/** How leases are taken. */
interface ClaimCall {
  readonly terms: ClaimTerms;
  readonly token: string;
}

const claimScript = createRedisScript(CLAIM);

/** Where an entry has the time that counts. */
const TIME_AT = { fresh: FRESH_AT, revalidated: REVALIDATE_AT } as const;

const OUTCOMES = new Map<unknown, ReadClaim['lease']>([
  [GRANTED, 'granted'],
  [HELD, 'held'],
]);

/** One round trip; on a cluster one more where there is something to be made. @throws RedisError */
export function readClaims(
  places: EntryPlaces,
  all: readonly Needed[],
  call: ClaimCall,
): Promise<ReadClaims> {
  const { redis } = places;
  return redis.read(async client => {
    if (redis.isCluster) return claimInCluster({ ...places, client }, all, call);
    const chunks = chunksOf(all, MAX_KEYS);
    const replies = await Promise.all(chunks.map(chunk => claimHere({ ...places, client }, chunk, call)));
    return {
      // The oldest, as for what is only read.
      newest: Math.min(...replies.map(({ newest }) => newest)),
      trouble: replies.find(({ trouble }) => trouble !== null)?.trouble ?? null,
      claims: replies.flatMap(({ claims }) => claims),
    };
  });
}

interface Connected extends EntryPlaces {
  readonly client: RedisClient;
}

async function claimHere(
  { client, names }: Connected,
  all: readonly Needed[],
  { terms, token }: ClaimCall,
): Promise<ReadClaims> {
  const { until, after, leaseMs } = terms;
  const keys = [
    names.numbers,
    ...all.map(({ key }) => names.entry(key)),
    ...all.map(({ key }) => names.lease(key)),
  ];
  const times = all.map(({ storedAfter }) => storedAfter);
  const isOne = times.every(time => time === times[0]);
  const values = [MAGIC, token, leaseMs, TIME_AT[until], after, ...(isOne ? times.slice(0, 1) : times)];
  const reply = (await claimScript.runForBytes(client, keys, values)) as readonly unknown[];
  const [newest, trouble, ...rest] = reply;
  return {
    newest: Number(newest),
    trouble: String(trouble) || null,
    claims: all.map((_, i) => {
      return { read: verdictOf(rest[i]), lease: OUTCOMES.get(rest[all.length + i]) ?? 'not-wanted' };
    }),
  };
}

async function claimInCluster(
  { client, names, cluster }: Connected,
  all: readonly Needed[],
  call: ClaimCall,
): Promise<ReadClaims> {
  const read = (some: readonly Needed[]): Promise<ReadEntries> =>
    cluster.read(
      client,
      some.map(({ key }) => key),
    );
  const { newest, entries } = await read(all);
  const lacking = all.filter((needed, i) => !isEnough(decoded(entries[i]), needed, call.terms));
  if (lacking.length === 0)
    return {
      newest,
      trouble: null,
      claims: entries.map(entry => ({ read: entry, lease: 'not-wanted' })),
    };
  const leasing = Promise.all(lacking.map(({ key }) => takeLease(client, names.lease(key), call)));
  // Once more, behind the leases: whoever had one before may have made it by then.
  const [leases, again] = await Promise.all([leasing, read(lacking)]);
  const taken = new Map(lacking.map(({ key }, i) => [key, { lease: leases[i], read: again.entries[i] }]));
  const claims = all.map(({ key }, i): ReadClaim => {
    const one = taken.get(key);
    const found = one?.read ?? entries[i] ?? 'miss';
    return {
      read: found,
      lease: one === undefined ? 'not-wanted' : one.lease === 'held' ? 'held' : 'granted',
    };
  });
  const trouble = leases.find(lease => lease instanceof Error);
  const isAllAgain = lacking.length === all.length;
  return {
    newest: isAllAgain ? again.newest : olderOf(newest, again.newest),
    trouble: trouble?.message ?? null,
    claims,
  };
}

function decoded(read: ReadEntry | undefined): CacheEntry | undefined {
  return Buffer.isBuffer(read) ? decodeEntry(read) : undefined;
}

async function takeLease(
  client: RedisClient,
  name: string,
  { terms, token }: ClaimCall,
): Promise<'granted' | 'held' | Error> {
  try {
    const isTaken = await setFor(client, name, { value: token, ms: terms.leaseMs, isNew: true });
    return isTaken ? 'granted' : 'held';
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
