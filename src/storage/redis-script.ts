import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, Command } from 'ioredis';
import { findNode, isElsewhere } from './find-node.ts';
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
  /** For what is called again and again: writes it down once, all but the first of its values. */
  write(keys: readonly string[], further: readonly ScriptValue[]): WrittenCall;
  /** As `run`. */
  runWritten(client: RedisClient, call: WrittenCall, first: ScriptValue): Promise<unknown>;
}

/** A call in the words of the protocol, with a gap for its first value. */
export interface WrittenCall {
  readonly keys: readonly string[];
  readonly further: readonly ScriptValue[];
  readonly before: string;
  readonly after: string;
}

/** The second is what the client of a cluster makes of it where the node is found by asking others. */
const HAS_NO_SCRIPT = /^(NOSCRIPT|Too many Cluster redirections\. Last error: ReplyError: NOSCRIPT)/;

/** A script that travels as its hash. Servers forget scripts when they restart, and then get the text once more. */
export function createRedisScript(text: string): RedisScript {
  const hash = createHash('sha1').update(text).digest('hex');
  const orWithText = (client: RedisClient, values: readonly ScriptValue[], isText: boolean) => {
    return (error: unknown): Promise<unknown> => {
      if (!(error instanceof Error) || !HAS_NO_SCRIPT.test(error.message)) throw error;
      return send(client, { name: 'eval', values: [text, ...values], isText });
    };
  };
  const call = (client: RedisClient, values: readonly ScriptValue[], isText: boolean) =>
    send(client, { name: 'evalsha', values: [hash, ...values], isText }).catch(
      orWithText(client, values, isText),
    );
  const valuesOf = (keys: readonly string[], values: readonly ScriptValue[]) => [
    keys.length,
    ...keys,
    ...values,
  ];
  return {
    run: (client, keys, values) => call(client, valuesOf(keys, values), true),
    runForBytes: (client, keys, values) => call(client, valuesOf(keys, values), false),
    write(keys, further) {
      const before = ['evalsha', hash, keys.length, ...keys];
      const length = before.length + 1 + further.length;
      return {
        keys,
        further,
        before: `*${length}\r\n${before.map(bulk).join('')}`,
        after: further.map(bulk).join(''),
      };
    },
    runWritten(client, { keys, further, before, after }, first) {
      const values = () => valuesOf(keys, [first, ...further]);
      // The client of a cluster looks for keys among the arguments.
      if (client instanceof Cluster) return call(client, values(), true);
      const command = new Command('evalsha', NO_ARGUMENTS, AS_TEXT);
      command.toWritable = () => before + bulk(first) + after;
      const sent = client.sendCommand(command) as Promise<unknown>;
      return sent.catch((error: unknown) => orWithText(client, values(), true)(error));
    },
  };
}

const NO_ARGUMENTS: ScriptValue[] = [];
const AS_TEXT = { replyEncoding: 'utf8' } as const;

/** A bulk string of RESP. */
function bulk(value: ScriptValue): string {
  const text = String(value);
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

interface Call {
  readonly name: string;
  readonly values: ScriptValue[];
  readonly isText: boolean;
}

/** Not by way of pipelines, of which one waits for the other: who calls scripts has gathered what goes together. */
function send(client: RedisClient, { name, values, isText }: Call): Promise<unknown> {
  const write = (): Command => new Command(name, values, { replyEncoding: isText ? 'utf8' : null });
  return client instanceof Cluster
    ? sendToNode(client, write)
    : (client.sendCommand(write()) as Promise<unknown>);
}

/** A node that is being connected to is waited for so often, and so long each time. */
const ATTEMPTS = 10;
const WAIT_MS = 20;

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
      if (isElsewhere(error)) return findNode(client, write);
      if (isSent || attempt === ATTEMPTS) throw error;
      await sleep(WAIT_MS);
    }
  }
}
