import { Redis } from 'ioredis';
import { expect, test, vi } from 'vitest';
import { decodeEntry, encodeEntry, seal } from '../../../src/cache/store/entry-codec.ts';
import { randomId } from '../../../src/shared/random-id.ts';
import { REDIS_URL } from '../../storage/redis-proxy.ts';
import { PATIENCE } from '../../support/patience.ts';
import { graphqlRequest } from '../../support/start-gateway.ts';
import { type KeptShop, startKeptShop } from './kept-shop.ts';

const ask = async (shop: KeptShop) => {
  const { status, headers } = await shop.handle(graphqlRequest({ query: '{ cheapest { name } }' }));
  return [status, headers.get('x-cache')];
};

/** A gateway that has its Redis. */
async function start(config: Parameters<typeof startKeptShop>[0], other?: KeptShop): Promise<KeptShop> {
  const shop = await startKeptShop(config, other);
  const isReady = () => shop.log.some(({ message }) => message === 'Redis is ready');
  await vi.waitFor(() => expect(isReady()).toBe(true), PATIENCE);
  return shop;
}

/** As while a fleet is renewed: the store takes them for whole, and what is in them has another form. */
test.each([
  'junk',
  'null',
  '7',
  '{}',
  '{"hash":"h","cost":0,"isPublic":true}',
  '{"hash":"h","cost":0,"isPublic":true,"codings":[],"headers":{}}',
  '{"hash":"h","cost":0,"isPublic":true,"codings":[],"headers":null}',
])('an answer that another version has kept is a miss, and the request succeeds: %s', async head => {
  const prefix = `test-${randomId()}`;
  const config = { storage: { redis: { url: REDIS_URL, prefix, readTimeout: '5s' } } };
  await using first = await start(config);
  const client = new Redis(REDIS_URL);
  try {
    let name = '';
    await vi.waitFor(async () => {
      await ask(first);
      const names = await client.keys(`${prefix}*entry`);
      expect(names).toHaveLength(1);
      name = names[0] ?? '';
    }, PATIENCE);
    const entry = decodeEntry((await client.getBuffer(name)) as Buffer);
    const [, ...rest] = entry.parts;
    const other = encodeEntry({ ...entry, parts: [Buffer.from(head), ...rest] });
    await client.set(name, seal(other as Buffer));
    await using second = await start(config, first);
    expect(await ask(second)).toEqual([200, 'MISS']);
    await vi.waitFor(async () => expect(await ask(second)).toEqual([200, 'HIT']), PATIENCE);
  } finally {
    client.disconnect();
  }
});
