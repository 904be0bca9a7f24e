import type { FastifyRequest } from 'fastify';
import type { ValidationRule } from 'graphql';
import type { Persona } from '../config/resolve-personas.ts';
import { createApolloServer } from '../http/apollo-server.ts';
import type { Audience, Visit } from '../http/audience.ts';
import { auditAnswered } from '../http/audit.ts';
import type { BoundOperation } from '../http/bound-operation.ts';
import { FamiliarRequests } from '../http/familiar-requests.ts';
import { pipelinePlugin } from '../http/pipeline-plugin.ts';
import type { RequestContext } from '../http/request-context.ts';
import { tracingPlugin } from '../http/trace-requests.ts';
import type { Identified, Identity } from '../identity/identify.ts';
import type { ChoosePersona } from '../identity/persona/choose.ts';
import { bindOperation } from '../operation/bind.ts';
import { noIncrementalDelivery } from '../operation/check-incremental.ts';
import { finiteNumbers } from '../operation/check-numbers.ts';
import { createDocumentStore } from '../operation/document-store.ts';
import { KnownRefusals } from '../operation/known-refusals.ts';
import { boundComparisons } from '../operation/limits/bound-comparisons.ts';
import { checkLimits } from '../operation/limits/check-limits.ts';

import type { GenerationFeed } from '../supergraph/generation-feed.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { rememberAddresses } from './client-address.ts';
import type { DeadlineOf } from './deadlines.ts';
import type { PersonaDocuments } from './documents.ts';
import { asExecutor, type ExecuteRequest } from './execute.ts';
import type { LiveGeneration } from './live-generation.ts';
import type { GatewayOptions } from './options.ts';
import type { LookUp } from './response-caching.ts';

interface AudienceOptions extends GatewayOptions {
  readonly feed: GenerationFeed<LiveGeneration>;
  readonly execute: ExecuteRequest;
  readonly lookUp: LookUp | null;
  readonly tracing: Tracing | null;
  readonly documents: ReadonlyMap<Persona, PersonaDocuments>;
  readonly deadlineOf: DeadlineOf;
}

/** One request pipeline for each persona, all over the same generations and the same engine. */
export function createAudiences(
  personas: readonly Persona[],
  options: AudienceOptions,
): ReadonlyMap<Persona, Audience> {
  return new Map(personas.map(persona => [persona, createAudience(persona, options, personas.length)]));
}

function createAudience(persona: Persona, options: AudienceOptions, audiences: number): Audience {
  const { feed, execute, tracing, config, metrics, logger, clock, plugins = [] } = options;
  const rules: (ValidationRule | null)[] = [
    checkLimits({ ...persona.limits, nesting: config.operation.maxNesting }),
    boundComparisons(config.operation.maxComparisons),
    noIncrementalDelivery,
    finiteNumbers,
  ];
  const refusals = new KnownRefusals();
  const refuse = refusals.remember.bind(refusals);
  const stages = { ...stagesOf(options), refuse, metrics, logger, clock };
  // Half for what is known by its document, half for what is known by all of its text.
  const maxBytes = Math.floor(config.operation.documentCache / audiences / 2);
  // Plugins want to see every request pass.
  const familiar =
    plugins.length > 0
      ? null
      : new FamiliarRequests({
          ...stages,
          audit: persona.audit ? auditAnswered({ logger, clock }) : null,
          isCurrent: schema => feed.current().viewOf(persona).schema === schema,
          bind: ({ schema, context, ...input }) =>
            bindOperation({ ...input, view: feed.of(schema).viewOf(context.persona) }),
          execute,
          maxBytes,
        });
  const learn =
    familiar && ((context: RequestContext, operation: BoundOperation) => familiar.learn(context, operation));
  const server = createApolloServer({
    gateway: feed.facade(asExecutor(execute), live => live.generation.contract(persona.contract)),
    plugins: [
      ...plugins,
      pipelinePlugin({ ...stages, learn }),
      ...(tracing === null ? [] : [tracingPlugin()]),
    ],
    validationRules: [...rules.filter(rule => rule !== null), refusals.rule],
    documentStore: createDocumentStore(maxBytes),
    introspection: persona.introspection,
    maxTokens: persona.limits.tokens,
    logger,
  });
  return { persona, server, familiar, chooseDocument: options.documents.get(persona)?.choose ?? null };
}

/** Each on the generation that the request was validated against. */
function stagesOf({
  feed,
  clock,
  deadlineOf,
  lookUp,
}: AudienceOptions): Pick<Parameters<typeof pipelinePlugin>[0], 'bind' | 'authorize' | 'look' | 'admit'> {
  return {
    bind({ schema, request }) {
      const { document, operation, queryHash, contextValue } = request;
      if (document === undefined || operation === undefined || queryHash === undefined) return [];
      return bindOperation({
        view: feed.of(schema).viewOf(contextValue.persona),
        document,
        definition: operation,
        documentHash: queryHash,
        variables: request.request.variables ?? {},
      });
    },
    authorize(operation, context) {
      const { caller, headers, id, progress } = context;
      const onHeaderRead = (): void => {
        progress.readsHeaders = true;
      };
      const timeLeftMs = (): number => deadlineOf(context, operation) - clock.elapsed();
      const asking = { caller, headers, requestId: id, timeLeftMs, onHeaderRead };
      const { authorize, overriding } = feed.of(operation.schema);
      const allowed = authorize(operation, asking);
      if (overriding === null) return allowed;
      // Caches know the sides of a field that moves apart; limits and costs are the same on each.
      if (allowed instanceof Promise) return allowed.then(left => overriding.decide(left, context));
      return overriding.decide(allowed, context);
    },
    look: lookUp && ((operation, context) => lookUp(operation, context, feed.of(operation.schema))),
    admit: (operation, context) => feed.of(operation.schema).admit(operation, context),
  };
}

interface AdmitOptions {
  readonly identity: Identity;
  readonly choosePersona: ChoosePersona;
  readonly audiences: ReadonlyMap<Persona, Audience>;
  /** Proxies whose word on the client's address counts. */
  readonly trustedProxies: number;
}

/** Who is asking, and what serves them; without waiting where the credential is remembered. */
export function createAdmission(options: AdmitOptions): (request: FastifyRequest) => Visit | Promise<Visit> {
  const { identity, choosePersona, audiences, trustedProxies } = options;
  const addressOf = rememberAddresses(trustedProxies);
  const visitOf = ({ caller, fromCookie }: Identified, { headers, socket }: FastifyRequest): Visit => {
    const audience = audiences.get(choosePersona(caller, headers));
    if (audience === undefined) throw new TypeError('the persona has no audience');
    return { caller, fromCookie, audience, clientAddress: () => addressOf(socket, headers) };
  };
  return request => {
    const presented = { headers: request.headers, rawHeaders: request.raw.rawHeaders };
    const known = identity.known(presented);
    if (known !== null) return visitOf(known, request);
    return identity.identify(presented).then(identified => visitOf(identified, request));
  };
}
