import type { Clock } from '../../../shared/clock.ts';
import type { RedisClient, RedisStorage } from '../../../storage/redis.ts';
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
import { SETTLE, VOID } from './lua/settle.ts';
import { TAKE } from './lua/take.ts';
import {
  type CallGroup,
  groupByReach,
  keyOf,
  readStates,
  readTake,
  settleArguments,
  takeArguments,
} from './redis-calls.ts';
import { refundsOf, takeAcross } from './take-across.ts';

interface RedisStoreOptions {
  /** Tests move time by hand. Otherwise it is the server's. */
  readonly clock?: Clock;
}

const takeScript = createRedisScript(TAKE);
const settleScript = createRedisScript(SETTLE);

/** What a call needs: how keys are made, and what time is sent; '' is the server's. */
interface Caller {
  readonly redis: RedisStorage;
  readonly time: () => number | '';
}

/**
 * Buckets that several gateways share. A take is one script call, of one round trip. On a cluster it is one call for
 * each owner, all at once, and what one of them has taken is given back where another refuses or fails: others may
 * see a bucket emptier than it should be for that moment, never fuller.
 */
export function createRedisStore(redis: RedisStorage, { clock }: RedisStoreOptions = {}): BucketStore {
  const caller: Caller = { redis, time: () => clock?.now() ?? '' };
  return {
    async take(buckets) {
      checkUnits(buckets);
      return takeAll(caller, buckets);
    },
    async settle(settlements) {
      checkSettlements(settlements);
      return redis.write(client => settleAll(caller, client, { all: settlements, isVoid: false }));
    },
    async read(names) {
      const nothing = names.map(({ plan, owner }) => ({ plan, owner, units: 0, part: null }));
      const { states } = await takeAll(caller, nothing);
      return states.map(({ remaining, resetAfterMs }, i) => {
        return { bucket: names[i] as BucketName, remaining, resetAfterMs };
      });
    },
    async reset(names) {
      const groups = groupByReach(names, ({ owner }) => owner, redis.isCluster);
      await redis.write(client =>
        Promise.all(groups.map(({ items }) => client.del(...items.map(name => keyOf(redis, name))))),
      );
    },
    // The connection is the gateway's.
    close: async () => {},
  };
}

async function takeAll(caller: Caller, buckets: readonly Bucket[]): Promise<TakeResult> {
  const { redis, time } = caller;
  const groups = groupByReach(buckets, ({ owner }) => owner, redis.isCluster);
  let isAwaited = true;
  try {
    return await redis.read(async client => {
      const giveBack = (all: readonly Settlement[]) => settleAll(caller, client, { all, isVoid: true });
      const takeIn = async (items: readonly Bucket[]): Promise<TakeResult> => {
        const keys = items.map(bucket => keyOf(redis, bucket));
        return readTake(items, await takeScript.run(client, keys, [time(), '', ...takeArguments(items)]));
      };
      const result = await takeAcross({ groups, takeIn, giveBack });
      // Redis was too late, and the caller has been told that nothing was taken: so be it, if it can be done.
      if (!isAwaited) await giveBack(refundsOf(result.states.filter(({ isTaken }) => isTaken)));
      return result;
    });
  } catch (error) {
    isAwaited = false;
    throw error;
  }
}

async function settleAll(
  { redis, time }: Caller,
  client: RedisClient,
  settlements: { readonly all: readonly Settlement[]; readonly isVoid: boolean },
): Promise<readonly BucketState[]> {
  const { isVoid, all } = settlements;
  const states: BucketState[] = [];
  const settleIn = async ({ items, indices }: CallGroup<Settlement>): Promise<void> => {
    const buckets = items.map(({ bucket }) => bucket);
    const keys = buckets.map(bucket => keyOf(redis, bucket));
    const reply = await settleScript.run(client, keys, [
      time(),
      isVoid ? VOID : '',
      ...settleArguments(items),
    ]);
    for (const [i, state] of readStates(buckets, reply).entries()) states[indices[i] as number] = state;
  };
  const groups = groupByReach(all, ({ bucket }) => bucket.owner, redis.isCluster);
  await Promise.all(groups.map(settleIn));
  return states;
}
