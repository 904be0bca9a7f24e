import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { CacheAdminOptions } from '../admin/cache.ts';
import type { LimitsAdminOptions } from '../admin/limits.ts';
import { createAdminListener } from '../admin/listener.ts';
import type { TargetsAdminOptions } from '../admin/targets.ts';
import type { ExecutionConfig } from '../config/execution.ts';
import type { Persona } from '../config/resolve-personas.ts';
import { compileTiers } from '../config/tiers.ts';
import type { Breakers } from '../execution/breaker/breakers.ts';
import type { Visit } from '../http/audience.ts';
import { auditRefusals } from '../http/audit.ts';
import { Departures } from '../http/departures.ts';
import { registerGraphiql } from '../http/graphiql.ts';
import { registerGraphqlRoute } from '../http/graphql-route.ts';
import { createListener } from '../http/listener.ts';
import type { ListenerTls } from '../http/listener-tls.ts';
import { openShedding } from '../http/overload/open-shedding.ts';
import { acceptJsonBodies } from '../http/read-body.ts';
import { createSharedCaching } from '../http/shared-cache.ts';
import { traceRequests } from '../http/trace-requests.ts';
import { tokenIssuers } from '../policy/rate-limit/token-issuers.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import type { GatewayOptions } from './options.ts';

interface ListenerOptions extends GatewayOptions {
  readonly personas: readonly Persona[];
  readonly admit: (request: FastifyRequest) => Visit | Promise<Visit>;
  readonly tracing: Tracing | null;
  readonly isStopping: () => boolean;
  readonly isReady: () => boolean;
  readonly limits: Pick<LimitsAdminOptions, 'limits' | 'store'>;
  readonly breakers: Breakers;
  readonly targets: Pick<TargetsAdminOptions, 'places' | 'trials'>;
  readonly cache: Omit<CacheAdminOptions, 'logger'>;
  /** Null: HTTP. */
  readonly tls: { readonly server: ListenerTls | null; readonly admin: ListenerTls | null };
}

/** What clients and operators connect to. */
export function createListeners(options: ListenerOptions): {
  readonly app: FastifyInstance;
  readonly admin: FastifyInstance;
} {
  const { config, logger, metrics, clock, tracing, admit, isStopping, tls } = options;
  const { maxNesting } = config.operation;
  const { path, bodyLimit, compression, overload } = config.server;
  const shedding = overload === undefined ? null : openShedding({ ...options, config: overload });
  const isReady = (): boolean => options.isReady() && shedding?.isShedding() !== true;
  const departures = new Departures(clock);
  const app = createListener(config.server, {
    logger,
    metrics,
    departures,
    isReady,
    isStopping,
    tracing: tracing === null ? null : traceRequests(tracing),
    tls: tls.server,
  });
  if (shedding !== null) app.addHook('onClose', async () => shedding.close());
  acceptJsonBodies(app, { bodyLimit });
  const minCompressedBytes = compression.minBytes;
  registerGraphqlRoute(app, {
    path,
    admit,
    maxNesting,
    minCompressedBytes,
    isStopping,
    clock,
    auditRefusals: auditRefusals({ logger, clock }),
    sharedCaching: createSharedCaching(decidingHeaders(config.execution), {
      surrogateKeys: config.cache?.surrogateKeys ?? false,
      clock,
    }),
    departures,
    shed: shedding?.shed ?? null,
  });
  if (config.server.graphiql) registerGraphiql(app, { path });
  const admin = createAdminListener({
    metrics,
    isReady,
    logger,
    tls: tls.admin,
    hosts: [config.admin.listen.host.toLowerCase(), ...config.admin.hosts],
    limits: { ...options.limits, ...namesOf(options), logger },
    breakers: { breakers: options.breakers, clock, logger },
    targets: { ...options.targets, clock, logger },
    cache: { ...options.cache, logger },
  });
  return { app, admin };
}

/** What operators may ask after, and who is taken for whom. */
function namesOf({
  config,
  personas,
}: ListenerOptions): Pick<LimitsAdminOptions, 'tierOf' | 'personas' | 'issuers'> {
  return {
    tierOf: compileTiers(config.tiers),
    personas: personas.flatMap(({ name }) => name ?? []),
    issuers: tokenIssuers(config.identity),
  };
}

/** Names of client headers that answers may depend on; null where a pattern decides, so that nobody can list them. */
function decidingHeaders({ subgraphs }: ExecutionConfig): readonly string[] | null {
  const propagated = Object.values(subgraphs).flatMap(({ headers }) =>
    (headers?.request ?? []).flatMap(({ propagate }) => propagate ?? []),
  );
  const names = propagated.flatMap(({ name }) => name?.toLowerCase() ?? []);
  if (names.length < propagated.length) return null;
  const { all: _, ...named } = subgraphs;
  const choosing = Object.values(named).flatMap(({ variants = {} }) =>
    Object.values(variants).flatMap(({ when }) => when?.header.toLowerCase() ?? []),
  );
  return [...names, ...choosing];
}
