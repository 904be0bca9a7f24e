import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { Redis } from 'ioredis';
import { vi } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type RedisServer, startRedisServer } from './redis-server.ts';

export interface RedisCluster extends AsyncDisposable {
  readonly urls: readonly string[];
  /** The masters, as at first: each has a third of the slots, in their order. */
  readonly nodes: readonly RedisServer[];
  /** Of the masters, in their order. */
  readonly replicas: readonly RedisServer[];
}

interface ClusterUse {
  /** Each master has a replica, which takes over about two seconds after it was killed. */
  readonly isReplicated?: boolean;
}

const SLOTS = 16_384;
const MASTERS = 3;
const PATIENCE = { timeout: 15_000, interval: 50 };
/** Nodes talk to each other on a port that is so much higher. */
const BUS_OFFSET = 10_000;

/** Three masters, each with a third of the slots. */
export async function startRedisCluster({ isReplicated = false }: ClusterUse = {}): Promise<RedisCluster> {
  const folder = await temporaryFolder();
  const started: RedisServer[] = [];
  const start = async (): Promise<RedisServer> => {
    const node = await startNode(folder.path, isReplicated ? 1_000 : 2_000);
    started.push(node);
    return node;
  };
  const several = (): Promise<RedisServer[]> => Promise.all(Array.from({ length: MASTERS }, start));
  const dispose = async (): Promise<void> => {
    await Promise.all(started.map(node => node.kill()));
    await folder[Symbol.asyncDispose]();
  };
  try {
    const nodes = await several();
    const replicas = isReplicated ? await several() : [];
    await join(nodes, replicas);
    return { urls: nodes.map(({ url }) => url), nodes, replicas, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Of whose third the slot of a key is. */
export async function masterOf({ nodes }: RedisCluster, key: string): Promise<number> {
  const [first] = nodes as [RedisServer];
  const slot = await asked(first, client => client.cluster('KEYSLOT', key));
  return Math.floor((slot * MASTERS) / SLOTS);
}

/** What one node answers, whatever the others say. */
export async function asked<T>({ port }: RedisServer, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({ port, retryStrategy: null });
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

async function startNode(folder: string, timeoutMs: number): Promise<RedisServer> {
  const port = await freeNodePort();
  const files = ['--dir', folder, '--cluster-config-file', `${port}.conf`];
  const cluster = ['--cluster-enabled', 'yes', '--cluster-node-timeout', String(timeoutMs)];
  // Without waiting for others that want the same, and however late.
  const replication = ['--repl-diskless-sync-delay', '0', '--cluster-replica-validity-factor', '0'];
  return startRedisServer([...cluster, ...replication, ...files], port);
}

async function join(masters: readonly RedisServer[], replicas: readonly RedisServer[]): Promise<void> {
  const all = [...masters, ...replicas];
  const clients = all.map(({ port }) => new Redis({ port, retryStrategy: null }));
  const isWhole = async (client: Redis): Promise<void> => {
    const info = await client.cluster('INFO');
    const isKnown = info.includes(`cluster_known_nodes:${all.length}`);
    if (!/cluster_state:ok/.test(info) || !isKnown) throw new Error(info);
  };
  try {
    for (const [i, client] of clients.slice(0, MASTERS).entries()) {
      const from = Math.floor((i * SLOTS) / MASTERS);
      const to = Math.floor(((i + 1) * SLOTS) / MASTERS);
      const slots = Array.from({ length: to - from }, (_, n) => from + n);
      await client.cluster('ADDSLOTS', slots);
      // Nodes that all begin with epoch 0 would first have to settle which of them is right.
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1));
    }
    for (const { port } of all.slice(1)) await clients[0]?.cluster('MEET', '127.0.0.1', port);
    await vi.waitFor(() => Promise.all(clients.map(isWhole)), PATIENCE);
    for (const [i, replica] of clients.slice(MASTERS).entries()) await follow(replica, clients[i] as Redis);
  } finally {
    for (const client of clients) client.disconnect();
  }
}

async function follow(replica: Redis, master: Redis): Promise<void> {
  const id = await master.cluster('MYID');
  await replica.cluster('REPLICATE', id);
  await vi.waitFor(async () => {
    const info = await replica.info('replication');
    if (!info.includes('master_link_status:up')) throw new Error(info);
  }, PATIENCE);
}

/** Below the ports that systems give out by themselves, and with the one for the bus free as well. */
async function freeNodePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = 12_000 + Math.floor(Math.random() * 10_000);
    if ((await isFree(port)) && (await isFree(port + BUS_OFFSET))) return port;
  }
  throw new Error('no free ports for a node');
}

async function isFree(port: number): Promise<boolean> {
  const server: Server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch {
    return false;
  }
  await once(server.close(), 'close');
  return true;
}
