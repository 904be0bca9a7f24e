import { ApolloServer, type ApolloServerOptions, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { GatewayInterface } from '@apollo/server-gateway-interface';
import type { FormattedExecutionResult, ValidationRule } from 'graphql';
import { forApollo, type Logger } from '../telemetry/logger.ts';
import { Answer } from './answer.ts';
import { formatError } from './format-error.ts';
import type { RequestContext } from './request-context.ts';

interface ApolloServerSettings {
  readonly gateway: GatewayInterface;
  readonly plugins: readonly ApolloServerPlugin<RequestContext>[];
  readonly validationRules: readonly ValidationRule[];
  readonly documentStore: NonNullable<ApolloServerOptions<RequestContext>['documentStore']>;
  readonly introspection: boolean;
  readonly maxTokens: number;
  readonly logger: Logger;
}

/** Stands in for a body that is ready as bytes: the route sends `RequestProgress.answer` instead. */
export const PREPARED_BODY = '';

/**
 * The request pipeline of one audience. What Apollo Server would do over the network, or does in a way that
 * Weir does otherwise (CSRF, CORS, cache headers, landing page, signals), is off.
 */
export function createApolloServer(settings: ApolloServerSettings): ApolloServer<RequestContext> {
  return new ApolloServer<RequestContext>({
    gateway: settings.gateway,
    plugins: [
      ...settings.plugins,
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
    validationRules: [...settings.validationRules],
    documentStore: settings.documentStore,
    introspection: settings.introspection,
    hideSchemaDetailsFromClientErrors: !settings.introspection,
    parseOptions: { maxTokens: settings.maxTokens },
    persistedQueries: false,
    csrfPrevention: false,
    stopOnTerminationSignals: false,
    includeStacktraceInErrorResponses: false,
    nodeEnv: 'production',
    logger: forApollo(settings.logger),
    formatError,
    stringifyResult,
  });
}

/** The body of a response; empty where the answer's own bytes are to be sent. */
export function stringifyResult({ data, errors, extensions }: FormattedExecutionResult): string {
  if (!(data instanceof Answer)) return JSON.stringify({ errors, data, extensions });
  if (errors === undefined && extensions === undefined) return PREPARED_BODY;
  const parts = errors === undefined ? [] : [`"errors":${JSON.stringify(errors)}`];
  parts.push(`"data":${data.data}`);
  if (extensions !== undefined) parts.push(`"extensions":${JSON.stringify(extensions)}`);
  return `{${parts.join(',')}}`;
}
