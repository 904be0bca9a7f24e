import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLAIM, READ } from '../../src/cache/store/redis/lua.ts';
import { TAKE } from '../../src/policy/rate-limit/stores/lua/take.ts';
import type { RedisCommand } from '../storage/redis-commands.ts';
import type { RedisProxy } from '../storage/redis-proxy.ts';

const hash = (script: string): string => createHash('sha1').update(script).digest('hex');

/** By the hash, or by the text where the server has forgotten it: that takes a round trip more. */
const SCRIPTS: ReadonlyMap<string | undefined, string> = new Map([
  [hash(READ), 'read'],
  [READ, 'read'],
  [hash(CLAIM), 'claim'],
  [CLAIM, 'claim'],
  [hash(TAKE), 'take'],
  [TAKE, 'take'],
]);

/** Null: nothing that a request waits for. */
function nameOf([, first]: RedisCommand): string | null {
  return SCRIPTS.get(first) ?? null;
}

/** Longer than a process takes to send what it need not wait for, on a machine that others use too. */
const QUIET_MS = 150;

/**
 * What is sent to Redis for some work, by round trips: answers are held back until nothing more is sent without them.
 * `read`: of what is kept. `claim`: the same, to be who makes it if it is not there. `take`: of limits.
 */
export async function roundsOf(
  proxy: RedisProxy,
  work: () => Promise<unknown>,
): Promise<readonly (readonly string[])[]> {
  const rounds: string[][] = [];
  let round: string[] = [];
  let sentAt = performance.now();
  proxy.watch(command => {
    const name = nameOf(command);
    if (name === null) return;
    round.push(name);
    sentAt = performance.now();
  });
  proxy.silence();
  let isOver = false;
  const done = work().finally(() => {
    isOver = true;
  });
  // That it has failed is told at the end.
  done.catch(() => {});
  while (!isOver) {
    await sleep(5);
    if (performance.now() - sentAt < QUIET_MS) continue;
    if (round.length > 0) rounds.push(round.sort());
    round = [];
    sentAt = performance.now();
    proxy.speak();
    proxy.silence();
  }
  proxy.watch(null);
  proxy.speak();
  await done;
  return rounds;
}
