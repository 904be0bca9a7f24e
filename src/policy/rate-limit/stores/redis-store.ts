import { GatewayError } from '../../../errors.ts';
import type { Clock } from '../../../shared/clock.ts';
import { coalesce } from '../../../shared/coalesce.ts';
import { Lane } from '../../../shared/lane.ts';
import type { RedisClient, RedisStorage } from '../../../storage/redis.ts';
import { RedisError } from '../../../storage/redis-error.ts';
import { createRedisScript } from '../../../storage/redis-script.ts';
import type { Bucket, BucketName } from '../bucket.ts';
import {
  type BucketState,
  type BucketStore,
  checkSettlements,
  checkUnits,
  type Settlement,
  type TakeResult,
} from '../bucket-store.ts';
import { asForeignBucket, ForeignBucketError, isOfForeignKey } from '../foreign-bucket-error.ts';
import { type CallGroup, groupByReach } from './group-by-reach.ts';
import { SETTLE } from './lua/settle.ts';
import { TAKE } from './lua/take.ts';
import { readStates, readTakes, writeSettlements, writeTakes } from './redis-calls.ts';
import { bucketKeys, type KeyOf } from './redis-key.ts';
import { refundsOf, takeAcross } from './take-across.ts';
import { WrittenTakes } from './written-takes.ts';

interface RedisStoreOptions {
  /** Tests move time by hand. Otherwise it is the server's. */
  readonly clock?: Clock;
}

const takeScript = createRedisScript(TAKE);
const settleScript = createRedisScript(SETTLE);

/** What a call needs: how keys are made, and what time is sent; '' is the server's. */
interface Caller {
  readonly redis: RedisStorage;
  readonly keyOf: KeyOf;
  readonly time: () => number | '';
  readonly written: WrittenTakes;
}

/** Takes or settlements of one script call, which keeps the server from everything else while it runs. */
const MOST_TOGETHER = 32;

/** And of how many buckets, as who writes many arguments takes from as many: a few milliseconds, of a budget that is all of ours. */
const MOST_BUCKETS = 256;
const TOGETHER = {
  atMost: MOST_TOGETHER,
  atMostSize: MOST_BUCKETS,
  sizeOf: ({ length }: readonly unknown[]) => length,
};

/** Owners in one take: who writes many arguments has as many. Takes of more go one at a time, and so many wait. */
const MANY_OWNERS = 32;
const MOST_WAITING = 8;

/** Longest time that a take waits for those before it to come back: to write to a server wakes it, and is dearer than a take. */
const HOLD_MS = 1;

/**
 * Buckets that several gateways share. A take is one script call, of one round trip, together with those that come while
 * another is on its way. On a cluster it is one call for each owner, all at once, and what one of them has taken is
 * given back where another refuses or fails: others may see a bucket emptier than it should be for that moment, never
 * fuller.
 */
export function createRedisStore(redis: RedisStorage, { clock }: RedisStoreOptions = {}): BucketStore {
  const keyOf = bucketKeys(redis);
  const written = new WrittenTakes(takeScript, keyOf);
  const caller: Caller = { redis, keyOf, time: () => clock?.now() ?? '', written };
  const takeOf = redis.isCluster ? takeAcrossOwners : takeTogether;
  const take = coalesce((takes: readonly Take[]) => takeOf(caller, takes), {
    ...TOGETHER,
    holdMs: HOLD_MS,
  });
  const takeLarge = largeTakes(caller, takeOf);
  const settle = coalesce((all: readonly (readonly Settlement[])[]) => settleTogether(caller, all), {
    ...TOGETHER,
    holdMs: 0,
  });
  return {
    async take<B extends Bucket>(buckets: readonly B[]) {
      checkUnits(buckets);
      const result = hasManyOwners(buckets) ? takeLarge(buckets) : take(buckets);
      // States are of the buckets that were asked of.
      return result as Promise<TakeResult<B>>;
    },
    async settle(settlements) {
      checkSettlements(settlements);
      return settle(settlements);
    },
    async read(names) {
      const { states } = await take(names.map(({ plan, owner }) => ({ plan, owner, units: 0, part: null })));
      return states.map(({ remaining, resetAfterMs }, i) => {
        return { bucket: names[i] as BucketName, remaining, resetAfterMs };
      });
    },
    async reset(names) {
      const groups = groupByReach(names, ({ owner }) => owner, redis.isCluster);
      await redis.write(client =>
        Promise.all(groups.map(({ items }) => client.del(...items.map(caller.keyOf)))),
      );
    },
    // The connection is the gateway's.
    close: async () => {},
  };
}

/** The buckets of one operation. */
type Take = readonly Bucket[];

/** Limits are as many as somebody declares: those of one owner are no reason to wait. */
function hasManyOwners(take: Take): boolean {
  return take.length > MANY_OWNERS && new Set(take.map(({ owner }) => owner)).size > MANY_OWNERS;
}

type TakeTogether = (
  caller: Caller,
  takes: readonly Take[],
) => Promise<readonly (TakeResult | Promise<TakeResult>)[]>;

/**
 * A call of hundreds of buckets is milliseconds in which the server does nothing else. One gateway has one of them on its
 * way, and what others want goes between them: however many somebody sends at once, it is no outage for all others. Time
 * in the queue is of the take's own budget.
 * @throws GatewayError OVERLOADED
 */
function largeTakes(caller: Caller, takeOf: TakeTogether): (take: Take) => Promise<TakeResult> {
  const { redis } = caller;
  const lane = new Lane(MOST_WAITING);
  const read: RedisStorage['read'] = work => redis.read(client => lane.run(() => work(client)));
  const inTurn: Caller = { ...caller, redis: { ...redis, read } };
  return async take => {
    if (lane.isFull) {
      const message = `Too many operations with more than ${MANY_OWNERS} limited values are under way. Send fewer values, or try again after the time in Retry-After.`;
      throw new GatewayError('OVERLOADED', { message });
    }
    const [result] = await takeOf(inTurn, [take]);
    return result as TakeResult | Promise<TakeResult>;
  };
}

/** Of one server. */
async function takeTogether(caller: Caller, takes: readonly Take[]): ReturnType<TakeTogether> {
  try {
    return await inTime(caller, client => callTake(caller, client, takes));
  } catch (error) {
    const isRefused = error instanceof RedisError && error.reason === 'failed';
    if (takes.length === 1 || !isRefused) throw error;
    return takes.map(async take => {
      const [result] = await inTime(caller, client => callTake(caller, client, [take]));
      return result as TakeResult;
    });
  }
}

/** Of a cluster: one call for each owner, of all takes that have buckets of it. Each take has its own time. */
async function takeAcrossOwners(
  caller: Caller,
  takes: readonly Take[],
): Promise<readonly Promise<TakeResult>[]> {
  const calls = new Map<string, OwnerCall>();
  const grouped = takes.map(take => groupByReach(take, ({ owner }) => owner, true));
  const places = grouped.map(groups => groups.map(({ items }) => join(calls, items)));
  return grouped.map(async (groups, t) => {
    const [result] = await inTime(caller, async client => {
      const takeIn = (g: number) => resultAt(caller, client, (places[t] as readonly Place[])[g] as Place);
      const giveBack = (all: readonly Settlement[]) => settleAll(caller, client, { all, isVoid: true });
      return [await takeAcross({ groups, takeIn, giveBack })];
    });
    return result as TakeResult;
  });
}

/** What several operations take of one owner's buckets. */
interface OwnerCall {
  readonly takes: Take[];
  /** Null until the first of them may be sent. */
  results: Promise<readonly (TakeResult | Promise<TakeResult>)[]> | null;
}

interface Place {
  readonly call: OwnerCall;
  readonly index: number;
}

function join(calls: Map<string, OwnerCall>, take: Take): Place {
  const owner = (take[0] as Bucket).owner;
  const call = calls.get(owner) ?? { takes: [], results: null };
  calls.set(owner, call);
  return { call, index: call.takes.push(take) - 1 };
}

async function resultAt(caller: Caller, client: RedisClient, { call, index }: Place): Promise<TakeResult> {
  call.results ??= callOwner(caller, client, call.takes);
  return (await call.results)[index] as TakeResult | Promise<TakeResult>;
}

/** Of one owner. Where a key of one take is foreign, nothing was done, and each goes by itself. */
async function callOwner(
  caller: Caller,
  client: RedisClient,
  takes: readonly Take[],
): ReturnType<TakeTogether> {
  try {
    return await callTake(caller, client, takes);
  } catch (error) {
    if (takes.length === 1 || !isOfForeignKey(error)) throw error;
    return takes.map(async take => (await callTake(caller, client, [take]))[0] as TakeResult);
  }
}

/** What Redis took too late, when its callers had been told that nothing was taken, is given back if that can be. */
async function inTime(
  caller: Caller,
  takeAll: (client: RedisClient) => Promise<readonly TakeResult[]>,
): Promise<readonly TakeResult[]> {
  let isAwaited = true;
  try {
    return await caller.redis.read(async client => {
      const results = await takeAll(client);
      if (isAwaited) return results;
      const taken = results.flatMap(({ states }) => states).filter(({ isTaken }) => isTaken);
      await settleAll(caller, client, { all: refundsOf(taken), isVoid: true });
      return results;
    });
  } catch (error) {
    isAwaited = false;
    throw asForeignBucket(error);
  }
}

async function callTake(
  { keyOf, time, written }: Caller,
  client: RedisClient,
  takes: readonly Take[],
): Promise<readonly TakeResult[]> {
  const known = takes.length === 1 ? written.of(takes[0] as Take) : null;
  if (known !== null) return readTakes(known.call, await takeScript.runWritten(client, known.script, time()));
  const call = writeTakes(takes, keyOf);
  return readTakes(call, await takeScript.run(client, call.keys, [time(), ...call.values]));
}

type States = readonly BucketState[];

/** Where one of them names what is no bucket, each is settled by itself. */
async function settleTogether(
  caller: Caller,
  settled: readonly (readonly Settlement[])[],
): Promise<readonly (States | Promise<States>)[]> {
  const all = settled.flat();
  let states: readonly BucketState[];
  try {
    states = await caller.redis.write(client => settleAll(caller, client, { all, isVoid: false }));
  } catch (thrown) {
    const error = asForeignBucket(thrown);
    // Of what one script does nothing was done then; nodes of a cluster may have done theirs.
    if (settled.length === 1 || caller.redis.isCluster || !(error instanceof ForeignBucketError)) throw error;
    return settled.map(async one => (await (await settleTogether(caller, [one]))[0]) ?? []);
  }
  let end = 0;
  return settled.map(({ length }) => {
    end += length;
    return states.slice(end - length, end);
  });
}

async function settleAll(
  { redis, keyOf, time }: Caller,
  client: RedisClient,
  { all, isVoid }: { readonly all: readonly Settlement[]; readonly isVoid: boolean },
): Promise<readonly BucketState[]> {
  const states: BucketState[] = [];
  const settleIn = async ({ items, indices }: CallGroup<Settlement>): Promise<void> => {
    const buckets = items.map(({ bucket }) => bucket);
    const { keys, values } = writeSettlements(items, keyOf, isVoid);
    const reply = await settleScript.run(client, keys, [time(), ...values]);
    for (const [i, state] of readStates(buckets, reply).entries()) states[indices[i] as number] = state;
  };
  const groups = groupByReach(all, ({ bucket }) => bucket.owner, redis.isCluster);
  await Promise.all(groups.map(settleIn));
  return states;
}
