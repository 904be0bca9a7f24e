import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisConfig, SentinelConfig } from '../config/storage.ts';
import { clusterOptions, redisOptions, sentinelOptions } from './redis-options.ts';
import type { RedisTls } from './redis-tls.ts';
import { Master } from './sentinel/master.ts';
import { connectorTo } from './sentinel/master-connector.ts';

export interface OpenedRedis {
  readonly client: Redis | Cluster;
  /** For logs and errors: hosts and ports, nothing secret. */
  readonly address: string;
  /** Where the master was when it was last connected to. Null where sentinels have no say. */
  master(): string | null;
  /**
   * Begins to connect for messages alone: to the server, or to some node of the cluster, as each of them hears of
   * everything that is published. Does not try again when that fails or ends.
   */
  openForMessages(): Redis;
  /** Ends what there is beside the connections. */
  close(): void;
}

const FOR_MESSAGES = {
  connectionName: 'weir-messages',
  enableAutoPipelining: false,
  retryStrategy: () => null,
} as const satisfies RedisOptions;

/**
 * Begins to connect: to one server, to the nodes of a cluster that others of it are found by, or to the master that
 * sentinels tell of.
 * @throws ConfigError for a URL that cannot be used.
 */
export function openRedis({ url, cluster, sentinel }: RedisConfig, tls?: RedisTls): OpenedRedis {
  if (sentinel !== undefined) return openMaster(sentinel, tls);
  if (cluster !== undefined) return openCluster(cluster, tls);
  const options = redisOptions(url as string, tls);
  return {
    client: new Redis(options),
    address: `${options.host}:${options.port}`,
    master: () => null,
    openForMessages: () => new Redis({ ...options, ...FOR_MESSAGES }),
    close() {},
  };
}

function openCluster(urls: readonly string[], tls: RedisTls | undefined): OpenedRedis {
  const { nodes, options } = clusterOptions(urls, tls);
  const client = new Cluster([...nodes], options);
  return {
    client,
    address: nodes.map(({ host, port }) => `${host}:${port}`).join(),
    master: () => null,
    openForMessages() {
      const known = client.nodes('all').map(node => node.options);
      const all: readonly RedisOptions[] = known.length > 0 ? known : nodes;
      const { host, port } = all[Math.floor(Math.random() * all.length)] as RedisOptions;
      return new Redis({
        ...options.redisOptions,
        ...FOR_MESSAGES,
        host: host as string,
        port: port as number,
      });
    },
    close() {},
  };
}

function openMaster(config: SentinelConfig, tls: RedisTls | undefined): OpenedRedis {
  const { sentinels, server } = sentinelOptions(config, tls);
  const master = new Master(config.name, sentinels);
  const options = { ...server, Connector: connectorTo(master, server) };
  const nodes = sentinels.map(({ host, port }) => `${host}:${port}`).join();
  return {
    client: new Redis(options),
    address: `${config.name} (sentinels ${nodes})`,
    master: () => master.at,
    openForMessages: () => new Redis({ ...options, ...FOR_MESSAGES }),
    close: () => master.close(),
  };
}
