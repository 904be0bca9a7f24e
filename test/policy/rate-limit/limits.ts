import { buildSchema, parse } from 'graphql';
import { costConfig } from '../../../src/config/cost.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { rateLimitConfig } from '../../../src/config/rate-limit.ts';
import { tiersConfig } from '../../../src/config/tiers.ts';
import { ANONYMOUS } from '../../../src/identity/caller.ts';
import { bindOperation } from '../../../src/operation/bind.ts';
import { compileCalls } from '../../../src/policy/cost/calls.ts';
import { CostModel } from '../../../src/policy/cost/model.ts';
import type { LimitedRequest } from '../../../src/policy/rate-limit/bind.ts';
import type { BoundBucket } from '../../../src/policy/rate-limit/bound-bucket.ts';
import type { DeclaredLimits } from '../../../src/policy/rate-limit/declare.ts';
import { compileRateLimits } from '../../../src/policy/rate-limit/rate-limits.ts';
import { readCostDirectives } from '../../../src/supergraph/cost-directives.ts';
import { readRateLimits } from '../../../src/supergraph/rate-limit-directives.ts';
import { fieldOwners } from '../../../src/supergraph/sole-owners.ts';

const DIRECTIVES = `
  directive @rateLimit(limit: Int!, window: String!, by: [String!], algorithm: String, burst: Int, onExceeded: String) repeatable on FIELD_DEFINITION | OBJECT
  directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
  directive @join__graph(name: String!, url: String!) on ENUM_VALUE
  directive @join__type(graph: join__Graph!, key: String) repeatable on OBJECT | INTERFACE
  directive @join__field(graph: join__Graph) repeatable on FIELD_DEFINITION
  enum join__Graph { A @join__graph(name: "a", url: "") B @join__graph(name: "b", url: "") C @join__graph(name: "c", url: "") }
`;

export interface Written {
  readonly schema: string;
  /** `policy.rateLimit`, as it is written. */
  readonly rateLimit?: unknown;
  readonly tiers?: unknown;
  readonly documentIds?: Readonly<Record<string, string>>;
}

export function declaredLimits({ schema, rateLimit = {}, tiers = {} }: Written): DeclaredLimits {
  return {
    config: parseConfig(rateLimitConfig, rateLimit, 'policy.rateLimit'),
    tiers: parseConfig(tiersConfig, tiers, 'tiers'),
    personas: new Map(),
    directives: readRateLimits(parse(DIRECTIVES + schema)),
  };
}

export interface Asked extends Partial<Omit<LimitedRequest, 'variables'>> {
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly documentHash?: string;
}

/** What an operation would take, as `id units` unless the test looks closer. */
export function limitsOf(written: Written) {
  const document = parse(DIRECTIVES + written.schema);
  const schema = buildSchema(DIRECTIVES + written.schema, { assumeValidSDL: true });
  const declared = declaredLimits(written);
  const model = new CostModel({
    schema,
    table: readCostDirectives(document),
    config: parseConfig(costConfig, {}, 'policy.cost'),
  });
  let countings = 0;
  const limits = compileRateLimits(declared, {
    schema,
    exactLogLimit: declared.config.exactLogLimit,
    hashesOf: id => (written.documentIds?.[id] === undefined ? [] : [written.documentIds[id]]),
    owners: fieldOwners(document),
    requires: new Map(),
    callsOf: (operation, isWanted) => {
      countings++;
      return compileCalls(operation, model, isWanted);
    },
  });
  const bind = (query: string, asked: Asked = {}): readonly BoundBucket[] => {
    const { variables = {}, documentHash = 'h', ...facts } = asked;
    const parsed = parse(query);
    const definition = parsed.definitions.find(node => node.kind === 'OperationDefinition');
    if (definition?.kind !== 'OperationDefinition') throw new TypeError('no operation');
    const bound = bindOperation({
      view: { id: '', schema, omitNulls: false },
      document: parsed,
      definition,
      documentHash,
      variables,
    });
    if ('length' in bound) throw bound[0] ?? new TypeError('bad variables');
    return limits.of({ ...bound, documentHash }).bind({
      caller: ANONYMOUS,
      issuer: null,
      persona: null,
      tier: null,
      ip: '192.0.2.1',
      headers: {},
      estimate: 1,
      ...facts,
      variables: bound.variables,
    });
  };
  return {
    limits,
    schema,
    bind,
    /** How often the calls of an operation's fields were compiled. */
    countings: () => countings,
    taken: (query: string, asked?: Asked): readonly string[] =>
      bind(query, asked).map(({ plan, units }) => `${plan.id} ${units}`),
  };
}
