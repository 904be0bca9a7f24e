import { ApolloGateway, type SupergraphManager } from '@apollo/gateway';
import type { GatewayExecutor } from '@apollo/server-gateway-interface';
import { GraphQLError } from 'graphql';
import { forApollo, type Logger } from '../telemetry/logger.ts';
import { supportFeatures } from './supported-features.ts';

interface WeirGatewayOptions {
  /** Brings the first supergraph and pushes later ones. */
  readonly manager: SupergraphManager;
  readonly logger: Logger;
  readonly execute: GatewayExecutor;
}

/**
 * Apollo's gateway with the part replaced that runs operations. It keeps the supergraph's life: managers,
 * updates, health checks, the API schema, and whatever users have plugged into those.
 */
export class WeirGateway extends ApolloGateway {
  constructor({ manager, logger, execute }: WeirGatewayOptions) {
    // It would report anonymous usage over the network otherwise; nobody was asked.
    process.env['APOLLO_TELEMETRY_DISABLED'] = 'true';
    supportFeatures();
    super({
      supergraphSdl: manager,
      logger: forApollo(logger),
      __exposeQueryPlanExperimental: false,
      buildService: () => ({
        process: () => Promise.reject(new Error('subgraphs are asked by the execution engine')),
      }),
    });
    this.executor = execute;
  }

  /**
   * Loads the first supergraph.
   * @param check rejects when it cannot be served: then nothing goes on following the supergraph either.
   */
  async open(check: () => Promise<void>): Promise<void> {
    await this.load({ apollo: {} }).catch(cause => {
      // Of SDL that Apollo's reading of it refuses: "Unknown type Product", and no word of where.
      throw cause instanceof GraphQLError
        ? new Error(`The supergraph cannot be used: ${cause.message}`, { cause })
        : cause;
    });
    try {
      await check();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }
}
