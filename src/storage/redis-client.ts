import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisConfig } from '../config/storage.ts';
import { clusterOptions, redisOptions } from './redis-options.ts';

export interface OpenedRedis {
  readonly client: Redis | Cluster;
  /** For logs and errors: hosts and ports, nothing secret. */
  readonly address: string;
}

/**
 * Begins to connect, to one server or to the nodes of a cluster that others of it are found by.
 * @throws ConfigError for a URL that cannot be used.
 */
export function openRedis({ url, cluster }: RedisConfig): OpenedRedis {
  if (cluster === undefined) {
    const options = redisOptions(url as string);
    return { client: new Redis(options), address: `${options.host}:${options.port}` };
  }
  const { nodes, options } = clusterOptions(cluster);
  const address = nodes.map(({ host, port }) => `${host}:${port}`).join();
  return { client: new Cluster([...nodes], options), address };
}

/**
 * Begins to connect for messages alone: to the server, or to some node of the cluster, as each of them hears of
 * everything that is published. Does not try again when that fails or ends.
 */
export function openForMessages(config: RedisConfig, client: Redis | Cluster): Redis {
  const { url, cluster } = config;
  const own = { connectionName: 'weir-messages', enableAutoPipelining: false, retryStrategy: () => null };
  if (cluster === undefined) return new Redis({ ...redisOptions(url as string), ...own });
  const { nodes, options } = clusterOptions(cluster);
  const known = client instanceof Cluster ? client.nodes('all').map(node => node.options) : [];
  const all: readonly RedisOptions[] = known.length > 0 ? known : nodes;
  const { host, port } = all[Math.floor(Math.random() * all.length)] as RedisOptions;
  return new Redis({ ...options.redisOptions, ...own, host: host as string, port: port as number });
}
