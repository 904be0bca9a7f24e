import type { SupergraphManager } from '@apollo/gateway';
import type { ApolloServerPlugin } from '@apollo/server';
import type { ConfigSource } from '../config/config-source.ts';
import type { GatewayConfig } from '../config/gateway-config.ts';
import type { RequestContext } from '../http/request-context.ts';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export interface GatewayOptions {
  readonly config: GatewayConfig;
  /** What it was read from, for errors that are found when the supergraph is known. */
  readonly source?: ConfigSource;
  /** That files in the config are relative to. */
  readonly folder: string;
  /** Brings the supergraph and its updates. */
  readonly manager: SupergraphManager;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Apollo Server plugins of the user; they run before ours. */
  readonly plugins?: readonly ApolloServerPlugin<RequestContext>[];
}
