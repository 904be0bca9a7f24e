import { Command } from 'ioredis';
import { findNode, isElsewhere } from './find-node.ts';
import type { RedisClient } from './redis.ts';

/** Goes together with what else is asked for at the time. Null: nothing is there. */
export function getBytes(client: RedisClient, key: string): Promise<Buffer | null> {
  return wherever(
    client,
    () => client.getBuffer(key),
    () => new Command('get', [key], { replyEncoding: null }),
  );
}

export interface TimedValue {
  readonly value: string | Buffer;
  readonly ms: number;
  /** Only where nothing is there. */
  readonly isNew?: boolean;
}

/** Together with others, too. @returns whether it was set */
export async function setFor(
  client: RedisClient,
  key: string,
  { value, ms, isNew = false }: TimedValue,
): Promise<boolean> {
  const further = isNew ? ['NX'] : [];
  const reply = await wherever(
    client,
    () => (isNew ? client.set(key, value, 'PX', ms, 'NX') : client.set(key, value, 'PX', ms)),
    () => new Command('set', [key, value, 'PX', ms, ...further], { replyEncoding: 'utf8' }),
  );
  return reply !== null;
}

/**
 * Where one of a pipeline is answered by the name of another node the client of a cluster gives up all of it, and as long
 * as a slot moves that would be so again and again. What was refused is sent once more by itself, and then finds its node.
 */
async function wherever<T>(
  client: RedisClient,
  together: () => Promise<T>,
  alone: () => Command,
): Promise<T> {
  try {
    return await together();
  } catch (error) {
    if (!isElsewhere(error)) throw error;
    return findNode(client, alone) as Promise<T>;
  }
}
