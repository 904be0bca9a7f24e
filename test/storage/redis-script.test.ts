import { Command } from 'ioredis';
import { expect, test, vi } from 'vitest';
import { createRedisScript } from '../../src/storage/redis-script.ts';
import { useRedis } from './use-redis.ts';

const ECHO = createRedisScript('return { #KEYS, KEYS[1] or "", KEYS[2] or "", #ARGV, ARGV[1], ARGV[#ARGV] }');

/** Keys hold names of limits, and these are in any language. */
const CALLS: readonly [string[], (string | number)[]][] = [
  [['a'], []],
  [[], [1]],
  [
    ['ключ:{a}', '鍵\r\n:{a}'],
    ['ä', -1, 2 ** 40, '', '$3\r\nabc'],
  ],
];

test('a call that is written down comes to what it comes to otherwise, whatever its first value', async () => {
  await using used = await useRedis();
  const { client } = used.redis;
  for (const [keys, further] of CALLS) {
    const written = ECHO.write(keys, further);
    for (const first of ['', 'ö', 1_700_000_000_000]) {
      const answer = await ECHO.runWritten(client, written, first);
      expect(answer).toEqual(await ECHO.run(client, keys, [first, ...further]));
      expect((answer as unknown[]).slice(0, 4)).toEqual([
        keys.length,
        keys[0] ?? '',
        keys[1] ?? '',
        1 + further.length,
      ]);
    }
  }
});

test('it is written to the socket as it is, letter by letter what the client would write', async () => {
  await using used = await useRedis();
  const { client } = used.redis;
  const sent = vi.spyOn(client, 'sendCommand');
  const written = ECHO.write(['ключ'], ['ä', 7]);
  await ECHO.runWritten(client, written, 5);
  const [command] = sent.mock.calls[0] ?? [];
  const hash = /\$40\r\n(\w{40})\r\n/.exec(written.before)?.[1] ?? '';
  const other = new Command('evalsha', [hash, 1, 'ключ', 5, 'ä', 7]);
  expect(String(command?.toWritable(client as never))).toBe(String(other.toWritable(client as never)));
});

test('the text travels with it where the server has forgotten the script', async () => {
  await using used = await useRedis();
  const { client } = used.redis;
  const fresh = createRedisScript(`return { ARGV[1], ARGV[2], KEYS[1] } -- ${used.redis.key('a', 'b')}`);
  const sent = vi.spyOn(client, 'sendCommand');
  const written = fresh.write(['k'], ['b']);
  expect(await fresh.runWritten(client, written, 'a')).toEqual(['a', 'b', 'k']);
  expect(await fresh.runWritten(client, written, 'c')).toEqual(['c', 'b', 'k']);
  expect(sent.mock.calls.map(([{ name }]) => name)).toEqual(['evalsha', 'eval', 'evalsha']);
});
