import { Command } from 'ioredis';
import { expect, test } from 'vitest';
import { findNode, isElsewhere } from '../../src/storage/find-node.ts';
import type { RedisClient } from '../../src/storage/redis.ts';
import { createRedisScript } from '../../src/storage/redis-script.ts';
import { getBytes } from '../../src/storage/redis-values.ts';

const MANY = 'Too many Cluster redirections. Last error: ReplyError: ';
const MOVED = 'MOVED 5 10.0.0.1:6379';

/** Answers with these, one after the other: errors by their texts, and bytes. */
function answering(...answers: readonly (string | Buffer)[]) {
  const asked: string[] = [];
  const answer = (name: string): Promise<Buffer> => {
    const next = answers[asked.push(name) - 1] ?? 'nothing more';
    return typeof next === 'string' ? Promise.reject(new Error(next)) : Promise.resolve(next);
  };
  const client = {
    sendCommand: ({ name }: Command) => answer(name),
    getBuffer: () => answer('in a pipeline'),
  };
  return { client: client as unknown as RedisClient, asked };
}

const BYTES = Buffer.from('bytes');

test('what nodes have not done as its slot is elsewhere is told from what went wrong', () => {
  const elsewhere = [
    MOVED,
    'ASK 5 h:1',
    'TRYAGAIN Multiple keys',
    'CLUSTERDOWN The cluster is down',
    MANY + MOVED,
  ];
  elsewhere.push('All keys in the pipeline should belong to the same slots allocation group');
  const wrong = [
    'Connection is closed.',
    'WRONGTYPE Operation',
    `${MANY}Error: Connection is closed.`,
    'MOVEDX',
  ];
  expect([...elsewhere, ...wrong].map(text => isElsewhere(new Error(text)))).toEqual([
    ...elsewhere.map(() => true),
    ...wrong.map(() => false),
  ]);
  expect(isElsewhere(MOVED)).toBe(false);
});

test('a slot is looked for while nodes name others, but not for ever', async () => {
  const get = () => new Command('get', ['k']);
  const found = answering(MOVED, MANY + MOVED, BYTES);
  expect(await findNode(found.client, get)).toEqual(BYTES);
  const never = answering(...Array(20).fill(MOVED));
  await expect(findNode(never.client, get)).rejects.toThrow(MOVED);
  expect(never.asked).toHaveLength(5);
  const broken = answering(MOVED, 'Connection is closed.', BYTES);
  await expect(findNode(broken.client, get)).rejects.toThrow('Connection is closed.');
});

test('what a pipeline was refused is sent by itself, and nothing else is sent again', async () => {
  const refused = answering(MOVED, BYTES);
  expect(await getBytes(refused.client, 'k')).toEqual(BYTES);
  expect(refused.asked).toEqual(['in a pipeline', 'get']);
  const broken = answering('Connection is closed.', BYTES);
  await expect(getBytes(broken.client, 'k')).rejects.toThrow('Connection is closed.');
});

test.each(['', MANY])('a node that has not got a script is sent its text: "%s"', async before => {
  const { client, asked } = answering(`${before}NOSCRIPT No matching script. Please use EVAL.`, BYTES);
  expect(await createRedisScript('return 1').run(client, ['k'], [])).toEqual(BYTES);
  expect(asked).toEqual(['evalsha', 'eval']);
});
