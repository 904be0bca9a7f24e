import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { randomId } from '../../src/shared/random-id.ts';
import { startRedisServer } from '../storage/redis-server.ts';
import type { GatewayProcess } from '../support/start-gateway-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type Served, type SteadyLoad, startLoad } from './steady-load.ts';
import { type Fleet, invalidate, item, startFleet, versionIn } from './versioned-fleet.ts';

/** Connecting is tried again every two seconds at the longest, and what failed rests for up to five. */
const PATIENCE = { timeout: 25_000, interval: 20 };

/** Who has not heard from Redis for so long serves nothing from memory. */
const DEAF_AFTER_MS = 5_000;
/** For a machine that others use, too. */
const MOMENT_MS = 1_500;

/** Nobody waits for Redis for long; mostly it is the machine. */
const LONGEST_MS = 5_000;

const IDS = ['1', '2', '3', '4', '5', '6'];

/** What nobody may be served any more. */
interface Forgotten {
  readonly by: GatewayProcess;
  readonly id: string;
  readonly version: number;
  readonly since: number;
}

/** One makes what nobody has, and the other has it from Redis; both ways. */
async function untilShared({ first, second }: Fleet): Promise<void> {
  const isShared = async (maker: GatewayProcess, taker: GatewayProcess): Promise<void> => {
    const query = item(`shared-${randomId()}`);
    expect((await maker.ask(query)).cache).toBe('MISS');
    await sleep(40);
    expect((await taker.ask(query)).cache).toBe('HIT');
  };
  await vi.waitFor(() => isShared(first, second), PATIENCE);
  await vi.waitFor(() => isShared(second, first), PATIENCE);
}

/** What has been forgotten under load, and what was served in spite of it. */
class Watch {
  readonly #fleet: Fleet;
  readonly #forgotten: Forgotten[] = [];

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  /** Changes the item, and has it forgotten by way of one process, which serves nothing older from then on. */
  async change(by: GatewayProcess, id: string): Promise<number> {
    const version = ++this.#fleet.version;
    const status = await invalidate(by, `item-${id}`);
    this.#forgotten.push({ by, id, version, since: performance.now() });
    return status;
  }

  /**
   * Until a process serves what is new; from then on it serves nothing older.
   * @returns after how long it was last asked and served what is old, ms: to make what is new takes time, too
   */
  async untilNew(by: GatewayProcess, id: string): Promise<number> {
    const { version } = this.#fleet;
    const began = performance.now();
    let lastOldAt = began;
    const isNew = async () => {
      const askedAt = performance.now();
      const found = versionIn(await by.ask(item(id)));
      if (found !== version) lastOldAt = askedAt;
      expect(found).toBe(version);
    };
    await vi.waitFor(isNew, { ...PATIENCE, interval: 2 });
    this.#forgotten.push({ by, id, version, since: performance.now() });
    return lastOldAt - began;
  }

  servedTooOld(served: readonly Served[]): readonly Served[] {
    return served.filter(one =>
      this.#forgotten.some(
        ({ by, id, version, since }) =>
          one.by === by && one.id === id && one.sentAt >= since && Number(one.version) < version,
      ),
    );
  }
}

test('no request fails while Redis is killed and started, and nothing old is served after that', async () => {
  await using folder = await temporaryFolder();
  // What it has been told is there again when it is started again.
  const lasting = ['--appendonly', 'yes', '--appendfsync', 'always', '--dir', folder.path];
  await using server = await startRedisServer(lasting);
  await using fleet = await startFleet({
    redisUrls: [server.url, server.url],
    config: { policy: { rateLimit: { limits: { all: { limit: 10_000_000, window: '1h', by: [] } } } } },
  });
  const { first, second } = fleet;
  await untilShared(fleet);
  const load = startLoad([first, second], IDS);
  const watch = new Watch(fleet);
  const worksAsBefore = async (id: string): Promise<void> => {
    await untilShared(fleet);
    expect(await watch.change(second, id)).toBe(202);
    expect(await watch.untilNew(first, id)).toBeLessThan(500);
    await untilAllAreHits(load, [first, second]);
  };
  await untilAllAreHits(load, [first, second]);

  // It comes back with all that it had, before anybody can tell that news were missed.
  await server.kill();
  expect(await watch.change(first, '1')).toBe(503);
  await sleep(500);
  await server.start();
  await watch.untilNew(second, '1');
  await worksAsBefore('2');

  // It is gone for long, and comes back with nothing.
  await server.kill();
  expect(await watch.change(first, '3')).toBe(503);
  expect(await watch.untilNew(second, '3')).toBeLessThan(DEAF_AFTER_MS + MOMENT_MS);
  for (const file of await readdir(folder.path)) await rm(join(folder.path, file), { recursive: true });
  await server.start();
  await worksAsBefore('4');

  await load.end();
  const failed = load.served.filter(({ status, version }) => status !== 200 || typeof version !== 'number');
  expect(failed).toEqual([]);
  expect(watch.servedTooOld(load.served)).toEqual([]);
  expect(Math.max(...load.served.map(({ tookMs }) => tookMs))).toBeLessThan(LONGEST_MS);
});

/** Each process has answered each of the items from its cache, after now. */
async function untilAllAreHits(load: SteadyLoad, processes: readonly GatewayProcess[]): Promise<void> {
  const from = load.served.length;
  const wanted = processes.length * IDS.length;
  await vi.waitFor(() => {
    const hits = load.served.slice(from).filter(({ cache }) => cache === 'HIT');
    const found = new Set(hits.map(({ by, id }) => `${by.url} ${id}`));
    expect(found.size).toBe(wanted);
  }, PATIENCE);
}
