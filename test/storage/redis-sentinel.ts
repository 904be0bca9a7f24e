import { Redis } from 'ioredis';
import { expect, vi } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { freePort, type RedisServer, startRedisProcess, startRedisServer } from './redis-server.ts';

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
}

export const MASTER = 'mymaster';
const PATIENCE = { timeout: 10_000, interval: 20 };
const DOWN_AFTER_MS = 300;

/** A master with a replica, and sentinels that know both and each other. */
export async function startSentinelPair(use: PairUse = {}): Promise<SentinelPair> {
  const { sentinels: count = 1, password, sentinelPassword } = use;
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
    const auth = password === undefined ? [] : ['--requirepass', password, '--masterauth', password];
    const args = ['--dir', folder.path, '--repl-diskless-sync-delay', '0', ...auth];
    const master = await keep(startRedisServer(args));
    const replica = await keep(startRedisServer([...args, '--replicaof', `127.0.0.1 ${master.port}`]));
    await untilReplicated(replica.port, password);
    const sentinels: RedisServer[] = [];
    for (let i = 0; i < count; i++) {
      const port = await freePort();
      const lines = sentinelLines({ ...use, port, master: master.port, quorum: Math.floor(count / 2) + 1 });
      const file = await folder.write(`sentinel-${i}.conf`, lines.join('\n'));
      const isReady = /\+monitor master/;
      sentinels.push(await keep(startRedisProcess(port, { args: [file, '--sentinel'], isReady })));
    }
    await Promise.all(sentinels.map(({ port }) => untilWhole(port, { count, sentinelPassword })));
    return { master, replica, sentinels, config: configOf(sentinels, use), [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function configOf(sentinels: readonly RedisServer[], { password, sentinelPassword }: PairUse): SentinelPlace {
  const login = sentinelPassword === undefined ? '' : `:${sentinelPassword}@`;
  return {
    nodes: sentinels.map(({ port }) => `redis://${login}127.0.0.1:${port}`),
    name: MASTER,
    database: 0,
    ...(password === undefined ? {} : { password }),
  };
}

interface SentinelFacts extends PairUse {
  readonly port: number;
  readonly master: number;
  readonly quorum: number;
}

function sentinelLines({ sentinelPassword, ...of }: SentinelFacts): string[] {
  return [
    `port ${of.port}`,
    'bind 127.0.0.1',
    `sentinel monitor ${MASTER} 127.0.0.1 ${of.master} ${of.quorum}`,
    `sentinel down-after-milliseconds ${MASTER} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${MASTER} 3000`,
    ...(of.password === undefined ? [] : [`sentinel auth-pass ${MASTER} ${of.password}`]),
    ...(sentinelPassword === undefined
      ? []
      : [`requirepass ${sentinelPassword}`, `sentinel sentinel-pass ${sentinelPassword}`]),
    '',
  ];
}

async function untilReplicated(port: number, password: string | undefined): Promise<void> {
  await withClient(port, password, client =>
    vi.waitFor(async () => expect(await client.info()).toContain('master_link_status:up'), PATIENCE),
  );
}

/** Until it knows the replica and all others of its kind. */
async function untilWhole(
  port: number,
  { count, sentinelPassword }: { readonly count: number; readonly sentinelPassword: string | undefined },
): Promise<void> {
  await withClient(port, sentinelPassword, client =>
    vi.waitFor(async () => {
      const flat = (await client.call('SENTINEL', 'MASTER', MASTER)) as string[];
      const facts = Object.fromEntries(flat.flatMap((key, i) => (i % 2 === 0 ? [[key, flat[i + 1]]] : [])));
      expect(facts).toMatchObject({
        flags: 'master',
        'num-slaves': '1',
        'num-other-sentinels': `${count - 1}`,
      });
    }, PATIENCE),
  );
}

async function withClient(
  port: number,
  password: string | undefined,
  work: (client: Redis) => Promise<void>,
): Promise<void> {
  const client = new Redis({ port, ...(password === undefined ? {} : { password }), retryStrategy: null });
  try {
    await work(client);
  } finally {
    client.disconnect();
  }
}
