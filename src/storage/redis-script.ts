import { createHash } from 'node:crypto';
import type { RedisClient } from './redis.ts';

export interface RedisScript {
  /** One round trip; two where the server does not have the script yet. All keys are in one slot. */
  run(client: RedisClient, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown>;
  /** The same, for texts that are bytes: they come as buffers. */
  runForBytes(
    client: RedisClient,
    keys: readonly string[],
    values: readonly (string | number)[],
  ): Promise<unknown>;
}

type Arguments = readonly (string | number)[];
type Evaluate = (script: string, keyCount: number, ...rest: Arguments) => Promise<unknown>;

/** What ioredis has and its types leave out. Its `callBuffer` loses the command's name where commands travel together. */
interface ForBytes {
  evalshaBuffer: Evaluate;
  evalBuffer: Evaluate;
}

/** A script that travels as its hash. Servers forget scripts when they restart, and then get the text once more. */
export function createRedisScript(text: string): RedisScript {
  const hash = createHash('sha1').update(text).digest('hex');
  const orWithText = async (first: Promise<unknown>, again: () => Promise<unknown>): Promise<unknown> => {
    try {
      return await first;
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return await again();
    }
  };
  return {
    run: (client, keys, values) =>
      orWithText(client.evalsha(hash, keys.length, ...keys, ...values), () =>
        client.eval(text, keys.length, ...keys, ...values),
      ),
    runForBytes(client, keys, values) {
      const bytes = client as unknown as ForBytes;
      return orWithText(bytes.evalshaBuffer(hash, keys.length, ...keys, ...values), () =>
        bytes.evalBuffer(text, keys.length, ...keys, ...values),
      );
    },
  };
}
