import { createHash } from 'node:crypto';
import type { RedisClient } from './redis.ts';

export interface RedisScript {
  /** One round trip; two where the server does not have the script yet. All keys are in one slot. */
  run(client: RedisClient, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown>;
}

/** A script that travels as its hash. Servers forget scripts when they restart, and then get the text once more. */
export function createRedisScript(text: string): RedisScript {
  const hash = createHash('sha1').update(text).digest('hex');
  return {
    async run(client, keys, values) {
      try {
        return await client.evalsha(hash, keys.length, ...keys, ...values);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return await client.eval(text, keys.length, ...keys, ...values);
      }
    },
  };
}
