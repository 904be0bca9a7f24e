import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'ioredis';
import type { RedisClient } from './redis.ts';

/**
 * What was not done, as its slot is, or has come to be, at another node. The client of a cluster has words of its own for
 * keys that went to one node when they were gathered, and for having asked too many.
 */
const IS_ELSEWHERE =
  /^(Too many Cluster redirections\. Last error: ReplyError: )?(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|All keys in the pipeline)\b/;

/** Where a node of a slot is told of, the client takes it for that of all around it, until it has asked where each is. */
const ATTEMPTS = 5;
const WAIT_MS = 20;

export function isElsewhere(error: unknown): boolean {
  return error instanceof Error && IS_ELSEWHERE.test(error.message);
}

/** For what was refused where it was sent first: by itself, and again while nodes name others. */
export async function findNode(client: RedisClient, write: () => Command): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await client.sendCommand(write());
    } catch (error) {
      if (!isElsewhere(error) || attempt === ATTEMPTS) throw error;
      await sleep(WAIT_MS);
    }
  }
}
