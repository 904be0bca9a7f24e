import { Cluster, Redis } from 'ioredis';
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
