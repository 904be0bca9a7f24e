import { describe, expect, test } from 'vitest';
import { encodeEntry } from '../../../src/cache/store/entry-codec.ts';
import { KeyIndex } from '../../../src/cache/store/memory/key-index.ts';
import { MemoryTier } from '../../../src/cache/store/memory/memory-tier.ts';
import { TagNumbers } from '../../../src/cache/store/tag-numbers.ts';
import { createRandom } from '../../../subgraphs/shared/random.ts';
import { REPOSITORY, startProcess } from '../../support/start-cli.ts';
import type { FillerReport } from './memory-filler.ts';

const UNTIL = 1_000_000;

function encoded(text: string, size: number, until = UNTIL): Buffer {
  const parts = [Buffer.alloc(size, text)];
  const times = { storedAt: 0, freshUntil: until, revalidateUntil: until, errorUntil: until };
  return encodeEntry({ ...times, parts, costMs: 0, tags: [`tag-${text}`], since: 5 }) as Buffer;
}

function tierOf(maxBytes: number) {
  let [now, evicted] = [0, 0];
  const numbers = new TagNumbers();
  const clock = { now: () => now, elapsed: () => now };
  const onEvicted = (count: number): void => {
    evicted += count;
  };
  const tier = new MemoryTier({ maxBytes, clock, numbers, onEvicted });
  return {
    tier,
    numbers,
    evicted: () => evicted,
    pass(ms: number) {
      now += ms;
    },
  };
}

describe('the index', () => {
  test('says what a map says, with few hashes for many records', () => {
    const random = createRandom(1);
    const index = new KeyIndex();
    const model = new Map<string, { hash: number; segment: number; offset: number }>();
    for (let step = 0; step < 20_000; step++) {
      const hash = Math.floor(random() * 300) * 0xffffff;
      const [segment, offset] = [1 + Math.floor(random() * 10), Math.floor(random() * 4)];
      const name = `${hash} ${segment} ${offset}`;
      const slot = index.findPlace(hash >>> 0, segment, offset);
      if ((slot !== -1) !== model.has(name)) throw new Error(`wrong about ${name} in step ${step}`);
      if (slot === -1) {
        index.add(hash >>> 0, segment, offset);
        model.set(name, { hash: hash >>> 0, segment, offset });
      } else {
        index.remove(slot);
        model.delete(name);
      }
      if (step % 2_000 !== 0) continue;
      for (const one of model.values()) {
        if (index.findPlace(one.hash, one.segment, one.offset) === -1)
          throw new Error(`lost in step ${step}`);
      }
    }
    expect(index.size).toBe(model.size);
  });
});

describe('memory', () => {
  test.each([
    ['with room for all', 64 * 1024 * 1024],
    ['with room for some', 300_000],
    ['with room for few', 50_000],
  ])('has what was put last, or nothing: %s', (_, maxBytes) => {
    const random = createRandom(2);
    const { tier, evicted, pass } = tierOf(maxBytes);
    const model = new Map<string, Buffer>();
    let found = 0;
    for (let step = 0; step < 30_000; step++) {
      const key = `k${Math.floor(random() ** 2 * 2_000)}`;
      if (random() < 0.4) {
        const size = random() < 0.1 ? Math.floor(random() * 20_000) : Math.floor(random() * 300);
        const bytes = encoded(`${step}`, size);
        tier.set(key, bytes);
        model.set(key, bytes);
      } else if (random() < 0.05) {
        tier.delete(key);
        model.delete(key);
      } else {
        const got = tier.get(key);
        if (got === undefined) continue;
        found++;
        const isRight = (encodeEntry(got) as Buffer).equals(model.get(key) as Buffer);
        if (!isRight) throw new Error(`something else under ${key} in step ${step}`);
      }
      if (tier.bytes > maxBytes) throw new Error(`${tier.bytes} bytes in step ${step}`);
      if (step % 10_000 === 9_999) pass(1);
    }
    expect(found).toBeGreaterThan(maxBytes > 100_000 ? 2_000 : 100);
    if (maxBytes > 1_000_000) {
      expect(evicted()).toBe(0);
      expect(tier.size).toBe(model.size);
      for (const key of model.keys()) expect(tier.get(key)).toBeDefined();
    } else {
      expect(evicted()).toBeGreaterThan(0);
    }
    tier.clear();
    expect(tier.size).toBe(0);
    expect(tier.bytes).toBeLessThan(5_000);
    for (const key of model.keys()) expect(tier.get(key)).toBeUndefined();
    tier.set('k', encoded('after', 10));
    expect(tier.get('k')).toBeDefined();
  });

  test('asks for the tags of an entry once for each invalidation', () => {
    for (const size of [10, 50_000]) {
      const { tier, numbers } = tierOf(1_000_000);
      tier.set('k', encoded('a', size));
      numbers.set(['other'], 10);
      expect(tier.get('k')).toBeDefined();
      expect(tier.get('k')).toBeDefined();
      numbers.set(['tag-a'], 4);
      expect(tier.get('k')).toBeDefined();
      numbers.set(['tag-a'], 6);
      expect(tier.get('k')).toBeUndefined();
      expect(tier.size).toBe(0);
    }
  });

  test('forgets what is over when it is asked for, and does not count it as evicted', () => {
    const { tier, pass, evicted } = tierOf(100_000);
    for (let i = 0; i < 300; i++) tier.set(`old-${i}`, encoded('a', 100, 1_000));
    pass(1_000);
    expect(tier.get('old-299')).toBeUndefined();
    for (let i = 0; i < 300; i++) tier.set(`new-${i}`, encoded('a', 100));
    expect(evicted()).toBe(0);
  });

  test('hands out bytes that stay as they are, whatever comes after', () => {
    const { tier } = tierOf(50_000);
    tier.set('k', encoded('1', 100));
    const held = tier.get('k');
    for (let i = 0; i < 5_000; i++) {
      tier.set(`k${i}`, encoded('2', 100));
      tier.get(`k${i}`);
    }
    expect(tier.get('k')).toBeUndefined();
    expect(held).toMatchObject({ parts: [Buffer.alloc(100, '1')], tags: ['tag-1'] });
  });
});

test('a large entry holds no more memory than its own', () => {
  const { tier } = tierOf(300_000);
  const bytes = Buffer.concat([Buffer.alloc(100_000), encoded('a', 10_000)]).subarray(100_000);
  tier.set('k', bytes);
  expect(tier.get('k')?.parts[0]?.buffer.byteLength).toBe(bytes.length);
});

test('a store of many distinct keys takes up what it says, which is its bound', async () => {
  const filler = `${REPOSITORY}/test/cache/store/memory-filler.ts`;
  await using process = startProcess(['--expose-gc', '--import', 'jiti/register', filler], {});
  expect(await process.ended(), process.output.stderr).toBe(0);
  const { grownBy, bytes } = JSON.parse(process.output.stdout) as FillerReport;
  expect(bytes / (16 * 1024 * 1024)).toBeGreaterThan(0.99);
  expect(grownBy / bytes).toBeGreaterThan(0.9);
  expect(grownBy / bytes).toBeLessThan(1.1);
});
