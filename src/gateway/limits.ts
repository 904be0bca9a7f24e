import { CONFIGURATION } from '../config/config-source.ts';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { ConfigError } from '../config/parse.ts';
import type { Persona } from '../config/resolve-personas.ts';
import type { BoundOperation } from '../http/bound-operation.ts';
import { compileCalls } from '../policy/cost/calls.ts';
import type { DeclaredLimits } from '../policy/rate-limit/declare.ts';
import { rateLimitProblems } from '../policy/rate-limit/problems.ts';
import { compileRateLimits, type RateLimits } from '../policy/rate-limit/rate-limits.ts';
import type { Generation } from '../supergraph/generation.ts';
import type { Costs } from './costs.ts';
import type { PersonaDocuments } from './documents.ts';

interface LimitsInput {
  readonly generation: Generation;
  readonly config: GatewayConfig;
  readonly costs: Costs;
  readonly documents: ReadonlyMap<Persona, PersonaDocuments>;
}

/** The rate limits of one generation. @throws ConfigError for names and numbers that cannot be. */
export function createLimits({ generation, config, costs, documents }: LimitsInput): RateLimits {
  const { supergraphSchema: schema, facts, access, rateLimits: directives } = generation;
  const quotas = [...documents.keys()].flatMap(({ name, rateLimit }) =>
    name === null || rateLimit === null ? [] : [[name, rateLimit] as const],
  );
  const declared: DeclaredLimits = {
    config: config.policy.rateLimit,
    tiers: config.tiers,
    personas: new Map(quotas),
    directives,
  };
  const personas = [...documents.keys()].map(({ name }) => name).filter(name => name !== null);
  const problems = rateLimitProblems(declared, { schema, subgraphs: [...facts.urls.keys()], personas });
  if (problems.length > 0) throw new ConfigError(CONFIGURATION, problems);
  return compileRateLimits(declared, {
    schema,
    exactLogLimit: config.policy.rateLimit.exactLogLimit,
    hashesOf: id => hashesOf(id, documents),
    owners: facts.owners,
    requires: access.requires,
    callsOf: (operation, isWanted) =>
      compileCalls(operation, costs.modelOf(operation as BoundOperation), isWanted),
  });
}

function hashesOf(id: string, documents: LimitsInput['documents']): readonly string[] {
  return [...documents.values()].flatMap(({ registered }) => registered.byId(id)?.hash ?? []);
}
