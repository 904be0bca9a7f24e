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

/** In which a process that need not wait for anything sends it: each is an answer to a request of its own. */
const TURNS = 5;

/**
 * What is sent to Redis for some work, by round trips: answers are held back until nothing more is sent without them.
 * That is so when it has had time to: `turn` comes back when it has answered something else.
 * `read`: of what is kept. `claim`: the same, to be who makes it if it is not there. `take`: of limits.
 */
export async function roundsOf(
  proxy: RedisProxy,
  work: () => Promise<unknown>,
  turn: () => Promise<unknown>,
): Promise<readonly (readonly string[])[]> {
  const rounds: string[][] = [];
  let round: string[] = [];
  let turns = 0;
  proxy.watch(command => {
    const name = nameOf(command);
    if (name === null) return;
    round.push(name);
    turns = 0;
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
    await turn();
    if (++turns < TURNS) continue;
    if (round.length > 0) rounds.push(round.sort());
    round = [];
    turns = 0;
    proxy.speak();
    proxy.silence();
  }
  proxy.watch(null);
  proxy.speak();
  await done;
  return rounds;
}
