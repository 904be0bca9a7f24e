import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, Command } from 'ioredis';
import type { RedisClient } from './redis.ts';

type ScriptValue = string | number;

export interface RedisScript {
  /**
   * One round trip; two where the server does not have the script yet. All keys are in one slot. Never done twice:
   * where the connection breaks before the answer, it rejects.
   */
  run(client: RedisClient, keys: readonly string[], values: readonly ScriptValue[]): Promise<unknown>;
  /** The same, for texts that are bytes: they come as buffers. */
  runForBytes(client: RedisClient, keys: readonly string[], values: readonly ScriptValue[]): Promise<unknown>;
}

/** A script that travels as its hash. Servers forget scripts when they restart, and then get the text once more. */
export function createRedisScript(text: string): RedisScript {
  const hash = createHash('sha1').update(text).digest('hex');
  const call = async (client: RedisClient, values: readonly ScriptValue[], isText: boolean) => {
    try {
      return await send(client, { name: 'evalsha', values: [hash, ...values], isText });
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return await send(client, { name: 'eval', values: [text, ...values], isText });
    }
  };
  return {
    run: (client, keys, values) => call(client, [keys.length, ...keys, ...values], true),
    runForBytes: (client, keys, values) => call(client, [keys.length, ...keys, ...values], false),
  };
}

interface Call {
  readonly name: string;
  readonly values: ScriptValue[];
  readonly isText: boolean;
}

/** Not by way of pipelines, of which one waits for the other: who calls scripts has gathered what goes together. */
async function send(client: RedisClient, { name, values, isText }: Call): Promise<unknown> {
  const write = (): Command => new Command(name, values, { replyEncoding: isText ? 'utf8' : null });
  return client instanceof Cluster ? sendToNode(client, write) : client.sendCommand(write());
}

/** A node that is being connected to is waited for so often, and so long each time. */
const ATTEMPTS = 10;
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
    const toWritable = command.toWritable.bind(command);
    // Called when the command goes to the socket, and not while it waits for one.
    command.toWritable = socket => {
      isSent = true;
      return toWritable(socket);
    };
    try {
      return await client.sendCommand(command, undefined, { slot: command.getSlot() });
    } catch (error) {
      if (error instanceof Error && SLOT_IS_ELSEWHERE.test(error.message)) return client.sendCommand(write());
      if (isSent || attempt === ATTEMPTS) throw error;
      await sleep(WAIT_MS);
    }
  }
}
