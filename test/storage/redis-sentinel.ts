import { Redis } from 'ioredis';
import { expect, vi } from 'vitest';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { freePort, type RedisServer, startRedisProcess, startRedisServer } from './redis-server.ts';
import { type SecureUse, secureSettings } from './secure-redis.ts';

export interface SentinelPair extends AsyncDisposable {
  /** As at first; who of them is the master changes. */
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly sentinels: readonly RedisServer[];
  /** As it would be written in gateway.yaml. */
  readonly config: SentinelPlace;
}

export interface SentinelPlace {
  readonly nodes: string[];
  readonly name: string;
  readonly password?: string;
  readonly database: number;
}

interface PairUse {
  readonly sentinels?: number;
  /** Of the servers. */
  readonly password?: string;
  /** Of the sentinels. */
  readonly sentinelPassword?: string;
  /** Of all of them, who then speak nothing else. */
  readonly tls?: SecureUse;
}

export const MASTER = 'mymaster';
const PATIENCE = { timeout: 10_000, interval: 20 };
const DOWN_AFTER_MS = 300;

/** A master with a replica, and sentinels that know both and each other. */
export async function startSentinelPair(use: PairUse = {}): Promise<SentinelPair> {
  const { sentinels: count = 1 } = use;
  const started: AsyncDisposable[] = [];
  const keep = async <T extends AsyncDisposable>(starting: Promise<T>): Promise<T> => {
    const one = await starting;
    started.unshift(one);
    return one;
  };
  const dispose = async (): Promise<void> => {
    for (const one of started) await one[Symbol.asyncDispose]();
  };
  try {
    const folder = await keep(temporaryFolder());
    const master = await keep(startServer(folder, use));
    const replica = await keep(startServer(folder, use, master));
    const sentinels: RedisServer[] = [];
    for (let i = 0; i < count; i++) sentinels.push(await keep(startSentinel(folder, use, master)));
    await Promise.all(sentinels.map(({ port }) => untilWhole(port, { ...use, sentinels: count })));
    return { master, replica, sentinels, config: configOf(sentinels, use), [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function configOf(
  sentinels: readonly RedisServer[],
  { password, sentinelPassword, tls }: PairUse,
): SentinelPlace {
  const login = sentinelPassword === undefined ? '' : `:${sentinelPassword}@`;
  const scheme = tls === undefined ? 'redis' : 'rediss';
  return {
    nodes: sentinels.map(({ port }) => `${scheme}://${login}127.0.0.1:${port}`),
    name: MASTER,
    database: 0,
    ...(password === undefined ? {} : { password }),
  };
}

type Settings = readonly (readonly [name: string, value: string])[];

async function startServer(
  folder: TemporaryFolder,
  { password, tls }: PairUse,
  master?: RedisServer,
): Promise<RedisServer> {
  const port = await freePort();
  const settings: Settings = [
    ['dir', folder.path],
    ['repl-diskless-sync-delay', '0'],
    ...(password === undefined
      ? []
      : ([
          ['requirepass', password],
          ['masterauth', password],
        ] as const)),
    ...(tls === undefined ? [] : await secureSettings(port, folder, tls)),
    ...(master === undefined ? [] : ([['replicaof', `127.0.0.1 ${master.port}`]] as const)),
  ];
  const server = await startRedisServer(
    settings.flatMap(([name, value]) => [`--${name}`, value]),
    port,
  );
  if (master === undefined) return server;
  await withClient(port, { password, tls }, client =>
    vi.waitFor(async () => expect(await client.info()).toContain('master_link_status:up'), PATIENCE),
  );
  return server;
}

async function startSentinel(
  folder: TemporaryFolder,
  { sentinels: count = 1, password, sentinelPassword, tls }: PairUse,
  master: RedisServer,
): Promise<RedisServer> {
  const port = await freePort();
  const settings: Settings = [
    ['port', String(port)],
    ['bind', '127.0.0.1'],
    ...(tls === undefined ? [] : await secureSettings(port, folder, tls)),
    ['sentinel monitor', `${MASTER} 127.0.0.1 ${master.port} ${Math.floor(count / 2) + 1}`],
    ['sentinel down-after-milliseconds', `${MASTER} ${DOWN_AFTER_MS}`],
    ['sentinel failover-timeout', `${MASTER} 3000`],
    ...(password === undefined ? [] : ([['sentinel auth-pass', `${MASTER} ${password}`]] as const)),
    ...(sentinelPassword === undefined
      ? []
      : ([
          ['requirepass', sentinelPassword],
          ['sentinel sentinel-pass', sentinelPassword],
        ] as const)),
  ];
  const text = settings.map(([name, value]) => `${name} ${value}\n`).join('');
  const file = await folder.write(`sentinel-${port}.conf`, text);
  return startRedisProcess(port, { args: [file, '--sentinel'], isReady: /\+monitor master/ });
}

/** Until it knows the replica and all others of its kind. */
async function untilWhole(port: number, { sentinels = 1, sentinelPassword, tls }: PairUse): Promise<void> {
  await withClient(port, { password: sentinelPassword, tls }, client =>
    vi.waitFor(async () => {
      const flat = (await client.call('SENTINEL', 'MASTER', MASTER)) as string[];
      const facts = Object.fromEntries(flat.flatMap((key, i) => (i % 2 === 0 ? [[key, flat[i + 1]]] : [])));
      const others = String(sentinels - 1);
      expect(facts).toMatchObject({ flags: 'master', 'num-slaves': '1', 'num-other-sentinels': others });
    }, PATIENCE),
  );
}

interface Access {
  readonly password: string | undefined;
  readonly tls: SecureUse | undefined;
}

async function withClient(
  port: number,
  { password, tls }: Access,
  work: (client: Redis) => Promise<void>,
): Promise<void> {
  const client = new Redis({
    port,
    retryStrategy: null,
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls: { rejectUnauthorized: false } }),
  });
  try {
    await work(client);
  } finally {
    client.disconnect();
  }
}
