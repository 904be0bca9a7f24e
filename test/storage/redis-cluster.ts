import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { Redis } from 'ioredis';
import { vi } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type RedisServer, startRedisServer } from './redis-server.ts';

export interface RedisCluster extends AsyncDisposable {
  readonly urls: readonly string[];
  readonly nodes: readonly RedisServer[];
}

const SLOTS = 16_384;
const NODES = 3;
/** Nodes talk to each other on a port that is so much higher. */
const BUS_OFFSET = 10_000;

/** Three nodes without replicas, each with a third of the slots. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const folder = await temporaryFolder();
  const nodes: RedisServer[] = [];
  const dispose = async (): Promise<void> => {
    for (const node of nodes) await node.kill();
    await folder[Symbol.asyncDispose]();
  };
  try {
    for (let i = 0; i < NODES; i++) nodes.push(await startNode(folder.path));
    await join(nodes);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { urls: nodes.map(({ url }) => url), nodes, [Symbol.asyncDispose]: dispose };
}

async function startNode(folder: string): Promise<RedisServer> {
  const port = await freeNodePort();
  const files = ['--dir', folder, '--cluster-config-file', `${port}.conf`];
  return startRedisServer(['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', ...files], port);
}

async function join(nodes: readonly RedisServer[]): Promise<void> {
  const clients = nodes.map(({ port }) => new Redis({ port, retryStrategy: null }));
  try {
    for (const [i, client] of clients.entries()) {
      const from = Math.floor((i * SLOTS) / NODES);
      const to = Math.floor(((i + 1) * SLOTS) / NODES);
      const slots = Array.from({ length: to - from }, (_, n) => from + n);
      await client.cluster('ADDSLOTS', slots);
      // Nodes that all begin with epoch 0 would first have to settle which of them is right.
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1));
    }
    for (const { port } of nodes.slice(1)) await clients[0]?.cluster('MEET', '127.0.0.1', port);
    await vi.waitFor(() => Promise.all(clients.map(isWhole)), { timeout: 15_000, interval: 50 });
  } finally {
    for (const client of clients) client.disconnect();
  }
}

async function isWhole(client: Redis): Promise<void> {
  const info = await client.cluster('INFO');
  if (!/cluster_state:ok/.test(info) || !info.includes(`cluster_known_nodes:${NODES}`)) throw new Error(info);
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
