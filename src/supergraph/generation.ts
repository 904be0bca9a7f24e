import { buildASTSchema, type GraphQLSchema } from 'graphql';
import { sha256 } from '../shared/hash.ts';
import { type AccessTable, readAccess } from './access.ts';
import { type ResilienceDirectives, readResilience } from './breaker-directives.ts';
import { type CachingTable, readCaching } from './cache-directives.ts';
import { filterSchema } from './contract/filter-schema.ts';
import { type CostTable, readCostDirectives } from './cost-directives.ts';
import { type OverrideTable, readOverrides } from './override-labels.ts';
import { type DirectedLimit, readRateLimits } from './rate-limit-directives.ts';
import { parseSupergraph, readSupergraph, type SupergraphFacts } from './read-supergraph.ts';
import { withoutScopeEnum } from './scope-enum.ts';
import { unknownTags } from './tags.ts';

/** Both lists empty: everything. */
export interface ContractFilter {
  readonly includeTags: readonly string[];
  readonly excludeTags: readonly string[];
}

/** A composed supergraph as one immutable value. What is derived from it (plans, code) is cached beside it. */
export interface Generation {
  /** Start of the SDL's hash. */
  readonly id: string;
  readonly sdl: string;
  readonly facts: SupergraphFacts;
  /** What `@authenticated`, `@requiresScopes` and `@policy` say. */
  readonly access: AccessTable;
  /** What `@rateLimit` says. */
  readonly rateLimits: readonly DirectedLimit[];
  /** What `@circuitBreaker` and `@fallback` say. */
  readonly resilience: ResilienceDirectives;
  /** What `@cacheControl` and `@cacheTag` say. */
  readonly caching: CachingTable;
  /** What `@cost` and `@listSize` say. */
  readonly costTable: CostTable;
  /** What `@override(label:)` says. */
  readonly overrides: OverrideTable;
  /** With join directives and hidden elements; for type relations only. */
  readonly supergraphSchema: GraphQLSchema;
  /** What clients may see at most. */
  readonly apiSchema: GraphQLSchema;
  /** The part of it that a contract leaves; equal filters share one. Filters are those given at creation. */
  contract(filter: ContractFilter): GraphQLSchema;
  /** Tags that filters name and nothing has. */
  readonly unknownTags: readonly string[];
}

interface GenerationInput {
  readonly sdl: string;
  readonly apiSchema: GraphQLSchema;
  readonly filters?: readonly ContractFilter[];
}

/** @throws Error when the SDL is not a supergraph, or a contract leaves nothing that works. */
export function createGeneration({ sdl, apiSchema: whole, filters = [] }: GenerationInput): Generation {
  const document = parseSupergraph(sdl);
  const supergraphSchema = buildASTSchema(document, { assumeValid: true, assumeValidSDL: true });
  const apiSchema = withoutScopeEnum(whole);
  const contracts = new Map([['', apiSchema]]);
  for (const filter of filters) {
    const id = contractId(filter);
    if (!contracts.has(id)) contracts.set(id, filterSchema({ document, apiSchema }, filter));
  }
  return Object.freeze({
    id: sha256(sdl).slice(0, 12),
    sdl,
    facts: readSupergraph(document),
    access: readAccess(document),
    rateLimits: readRateLimits(document),
    resilience: readResilience(document, supergraphSchema),
    caching: readCaching(document),
    costTable: readCostDirectives(document),
    overrides: readOverrides(document),
    supergraphSchema,
    apiSchema,
    contract(filter: ContractFilter): GraphQLSchema {
      const schema = contracts.get(contractId(filter));
      if (schema === undefined) throw new TypeError('the contract is not one of this generation');
      return schema;
    },
    unknownTags: [...new Set(filters.flatMap(filter => unknownTags(document, filter)))],
  });
}

/** Equal for filters that leave the same; empty for one that leaves everything. */
export function contractId({ includeTags, excludeTags }: ContractFilter): string {
  if (includeTags.length === 0 && excludeTags.length === 0) return '';
  return JSON.stringify([[...includeTags].sort(), [...excludeTags].sort()]);
}
