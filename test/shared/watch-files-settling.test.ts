import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EMPTY_FILE } from '../../src/shared/fingerprint.ts';
import { LOOK_MS, watchFiles } from '../../src/shared/watch-files.ts';

const PACE = { quietMs: 100, emptyMs: 1_000 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const passes = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** A disk with files in one folder. What is written is told of, unless it is a disk that tells nobody. */
function memoryDisk({ tells }: { readonly tells: boolean }) {
  const files = new Map([
    ['/mount/a', { content: 'first', version: 0 }],
    ['/mount/b', { content: 'first', version: 0 }],
  ]);
  const asked = { stamps: 0, contents: 0, listens: 0 };
  const listeners = new Set<(name: string | null) => void>();
  let delay: Promise<void> = Promise.resolve();
  return {
    asked,
    listeners,
    isSlowUntil: (answer: Promise<void>) => {
      delay = answer;
    },
    write(name: string, content: string) {
      const path = `/mount/${name}`;
      files.set(path, { content, version: (files.get(path)?.version ?? 0) + 1 });
      if (tells) for (const hear of listeners) hear(name);
    },
    disk: {
      async stamp(path: string) {
        asked.stamps++;
        await delay;
        return String(files.get(path)?.version ?? '');
      },
      async fingerprint(path: string) {
        asked.contents++;
        return files.get(path)?.content ?? '';
      },
      listen(_folder: string, hear: (name: string | null) => void) {
        asked.listens++;
        if (!tells) return null;
        listeners.add(hear);
        return { close: () => void listeners.delete(hear) };
      },
    },
  };
}

/** Follows a and b of the disk, and has looked at them once. */
async function followed(memory: ReturnType<typeof memoryDisk>) {
  const said: string[][] = [];
  const watch = watchFiles(changed => void said.push([...changed]), { pace: PACE, disk: memory.disk });
  watch.follow(new Map(['a', 'b'].map(name => [`/mount/${name}`, 'first'])));
  await passes(1_000);
  expect(said).toEqual([]);
  return { said, watch, [Symbol.dispose]: () => watch.close() };
}

test('a file that is written piece by piece is told of once, when it has come to rest', async () => {
  const memory = memoryDisk({ tells: true });
  using files = await followed(memory);
  for (const piece of ['s', 'se', 'sec', 'seco', 'second']) {
    memory.write('a', piece);
    await passes(PACE.quietMs - 10);
  }
  expect(files.said).toEqual([]);
  await passes(PACE.quietMs);
  expect(files.said).toEqual([['/mount/a']]);
  await passes(60_000);
  expect(files.said).toHaveLength(1);
});

test('several files of one deployment are told of together', async () => {
  const memory = memoryDisk({ tells: true });
  using files = await followed(memory);
  memory.write('a', 'second');
  await passes(PACE.quietMs - 10);
  memory.write('b', 'second');
  await passes(2 * PACE.quietMs);
  expect(files.said).toEqual([['/mount/a', '/mount/b']]);
});

test('a file with the content that is known is not told of, though it was written', async () => {
  const memory = memoryDisk({ tells: true });
  using files = await followed(memory);
  memory.write('a', 'first');
  await passes(10 * LOOK_MS);
  expect(files.said).toEqual([]);
});

test('a disk that tells nobody is looked at, and read only where something has moved', async () => {
  const memory = memoryDisk({ tells: false });
  using files = await followed(memory);
  const { contents } = memory.asked;
  await passes(30 * LOOK_MS);
  expect(memory.asked.contents).toBe(contents);
  memory.write('b', 'second');
  await passes(LOOK_MS + 2 * PACE.quietMs);
  expect(files.said).toEqual([['/mount/b']]);
  expect(memory.asked.contents).toBe(contents + 1);
});

test('other files of the folder, however busy, lead to no looks of their own', async () => {
  const memory = memoryDisk({ tells: true });
  using _files = await followed(memory);
  const { stamps } = memory.asked;
  for (let line = 0; line < 1_000; line++) {
    memory.write('access.log', String(line));
    await passes(10);
  }
  // Two files, looked at once every LOOK_MS.
  expect(memory.asked.stamps - stamps).toBeLessThanOrEqual((2 * 10_000) / LOOK_MS);
});

test('a busy neighbour does not put off what has changed', async () => {
  const memory = memoryDisk({ tells: true });
  using files = await followed(memory);
  memory.write('a', 'second');
  for (let line = 0; line < 50; line++) {
    memory.write('access.log', String(line));
    await passes(10);
  }
  expect(files.said).toEqual([['/mount/a']]);
});

test('two writes that a coarse clock cannot tell apart are both seen', async () => {
  const memory = memoryDisk({ tells: true });
  using files = await followed(memory);
  memory.disk.stamp = async () => 'always the same';
  memory.write('a', 'second');
  await passes(3 * PACE.quietMs);
  memory.write('a', 'third');
  await passes(3 * PACE.quietMs);
  expect(files.said).toEqual([['/mount/a'], ['/mount/a']]);
});

test('a file that goes on while it is read is told of when it has come to rest', async () => {
  const memory = memoryDisk({ tells: false });
  using files = await followed(memory);
  const { fingerprint } = memory.disk;
  let pieces = 0;
  memory.disk.fingerprint = async path => {
    const found = await fingerprint(path);
    if (pieces++ < 2) memory.write('a', `half ${pieces}`);
    return found;
  };
  memory.write('a', 'begun');
  await passes(LOOK_MS + 10 * PACE.quietMs);
  expect({ pieces, said: files.said }).toEqual({ pieces: 3, said: [['/mount/a']] });
});

test('a folder is listened to anew when something in it has moved: it may be another one by now', async () => {
  const memory = memoryDisk({ tells: true });
  using files = await followed(memory);
  const { listens } = memory.asked;
  memory.write('a', 'second');
  await passes(3 * PACE.quietMs);
  expect(memory.asked.listens).toBe(listens + 1);
  expect(memory.listeners.size).toBe(1);
  memory.write('a', 'third');
  await passes(3 * PACE.quietMs);
  expect(files.said).toHaveLength(2);
});

test('an emptied file has its time to be written', async () => {
  const memory = memoryDisk({ tells: true });
  using files = await followed(memory);
  memory.write('a', EMPTY_FILE);
  await passes(PACE.emptyMs - 10);
  expect(files.said).toEqual([]);
  memory.write('a', 'second');
  await passes(2 * PACE.quietMs);
  expect(files.said).toEqual([['/mount/a']]);
});

test('a file that stays empty is told of after its time, each time', async () => {
  const memory = memoryDisk({ tells: true });
  using files = await followed(memory);
  for (const [index, content] of ['second', 'third'].entries()) {
    memory.write('a', EMPTY_FILE);
    await passes(PACE.emptyMs - 10);
    expect(files.said).toHaveLength(2 * index);
    await passes(3 * PACE.quietMs);
    memory.write('a', content);
    await passes(3 * PACE.quietMs);
    expect(files.said).toHaveLength(2 * index + 2);
  }
});

test('a disk that does not answer is asked once, and what it answers later is taken', async () => {
  const memory = memoryDisk({ tells: true });
  using files = await followed(memory);
  let answer = (): void => {};
  memory.isSlowUntil(
    new Promise(resolve => {
      answer = resolve;
    }),
  );
  const { stamps } = memory.asked;
  memory.write('a', 'second');
  await passes(60_000);
  expect(memory.asked.stamps).toBe(stamps + 1);
  answer();
  await passes(LOOK_MS + 2 * PACE.quietMs);
  expect(files.said).toEqual([['/mount/a']]);
});

test('a watch that was closed neither listens, nor looks, nor tells of what it was about to', async () => {
  const memory = memoryDisk({ tells: true });
  using files = await followed(memory);
  memory.write('a', 'second');
  await passes(PACE.quietMs);
  files.watch.close();
  files.watch.follow(new Map([['/mount/a', 'first']]));
  const { stamps } = memory.asked;
  await passes(60_000);
  expect({ said: files.said, listeners: memory.listeners.size }).toEqual({ said: [], listeners: 0 });
  expect(memory.asked.stamps).toBe(stamps);
});
