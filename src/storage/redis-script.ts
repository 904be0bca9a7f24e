import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, Command } from 'ioredis';
import type { RedisClient } from './redis.ts';

type ScriptValue = string | number;

export interface RedisScript {
<<<<<<< HEAD
  /**
   * One round trip; two where the server does not have the script yet. All keys are in one slot. Never done twice:
   * where the connection breaks before the answer, it rejects.
   */
  run(client: RedisClient, keys: readonly string[], values: readonly ScriptValue[]): Promise<unknown>;
=======
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
>>>>>>> h-store
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
<<<<<<< HEAD
    async run(client, keys, values) {
      const rest = [keys.length, ...keys, ...values];
      try {
        return await send(client, 'evalsha', [hash, ...rest]);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return await send(client, 'eval', [text, ...rest]);
      }
=======
    run: (client, keys, values) =>
      orWithText(client.evalsha(hash, keys.length, ...keys, ...values), () =>
        client.eval(text, keys.length, ...keys, ...values),
      ),
    runForBytes(client, keys, values) {
      const bytes = client as unknown as ForBytes;
      return orWithText(bytes.evalshaBuffer(hash, keys.length, ...keys, ...values), () =>
        bytes.evalBuffer(text, keys.length, ...keys, ...values),
      );
>>>>>>> h-store
    },
  };
}

/** Not by way of pipelines, of which one waits for the other: who calls scripts has gathered what goes together. */
async function send(client: RedisClient, name: string, args: ScriptValue[]): Promise<unknown> {
  const write = (): Command => new Command(name, args, { replyEncoding: 'utf8' });
  return client instanceof Cluster ? sendToNode(client, write) : client.sendCommand(write());
}

/** A node that is being connected to is waited for so often, and so long each time. */
const ATTEMPTS = 4;
const WAIT_MS = 20;

const SLOT_IS_ELSEWHERE = /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN)/;

/**
 * The client of a cluster sends a command again when a connection breaks, whether or not it had been sent. What is sent
 * to a slot's node by name it leaves alone; only what was refused there, undone, is left to it to find a place for.
 */
async function sendToNode(client: Cluster, write: () => Command): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    const command = write();
    let isSent = false;
    // What cannot be sent is rejected at once.
    setImmediate(() => {
      isSent = true;
    });
    try {
      return await client.sendCommand(command, undefined, { slot: command.getSlot() });
    } catch (error) {
      if (error instanceof Error && SLOT_IS_ELSEWHERE.test(error.message)) return client.sendCommand(write());
      if (isSent || attempt === ATTEMPTS) throw error;
      await sleep(WAIT_MS);
    }
  }
}
