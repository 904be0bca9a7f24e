import type { OperationDefinitionNode } from 'graphql';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { ConfigError } from '../config/parse.ts';
import type { Persona } from '../config/resolve-personas.ts';
import type { BoundOperation } from '../http/bound-operation.ts';
import { type FieldCostsOfOperation, fieldCosts } from '../policy/cost/actual.ts';
import { type CostPlan, compileCost } from '../policy/cost/compile.ts';
import { type CostPart, costParts } from '../policy/cost/cost-parts.ts';
import { CostModel } from '../policy/cost/model.ts';
import { personaCosts } from '../policy/cost/persona-costs.ts';
import { checkCostOverrides, costProblems } from '../policy/cost/problems.ts';
import type { Generation } from '../supergraph/generation.ts';
import type { Logger } from '../telemetry/logger.ts';

/** What operations of one generation cost. */
export interface Costs {
  planOf(operation: BoundOperation): CostPlan;
  /** What adds up to the cost of an answer. */
  answerCosts(operation: BoundOperation): FieldCostsOfOperation;
  modelOf(operation: BoundOperation): CostModel;
  /** Which fields the estimate comes from. Worked out anew each time: only explanations ask. */
  partsOf(operation: BoundOperation): readonly CostPart[];
}

/** What is denied was asked for: an operation costs the same for everybody who sees the same. */
interface PlannedView {
  readonly viewId: string;
  readonly plan: CostPlan;
}

interface CostsInput {
  readonly config: GatewayConfig;
  /** By the ids of their views. */
  readonly viewed: ReadonlyMap<string, Persona>;
  readonly logger: Logger;
}

/**
 * Null where nobody asks: no persona, tier or limit counts points.
 * @throws ConfigError for weights of what is not there, and for directives that cannot be meant.
 */
export function createCosts(generation: Generation, { config, viewed, logger }: CostsInput): Costs {
  const { costTable: table, supergraphSchema } = generation;
  const problems = costProblems(table, supergraphSchema);
  if (problems.length > 0) throw new ConfigError('the supergraph', problems);
  checkCostOverrides(config.policy.cost, { table, schema: supergraphSchema });
  const models = new Map<string, CostModel>();
  for (const [viewId, { name, contract, cost }] of viewed) {
    const place = `personas.${name}.cost`;
    const { own, all } = personaCosts(cost, config.policy.cost);
    checkCostOverrides(own, { table, schema: supergraphSchema, place });
    models.set(viewId, new CostModel({ schema: generation.contract(contract), table, config: all }));
  }
  // By the definition: requests for one document share it, and it goes when the document is forgotten.
  const plans = new WeakMap<OperationDefinitionNode, PlannedView>();
  const tellUnbounded = unboundedLists(config, logger);
  const modelOf = ({ viewId }: BoundOperation): CostModel => {
    const model = models.get(viewId);
    if (model === undefined) throw new TypeError('the operation is of no persona of this gateway');
    return model;
  };
  return {
    modelOf,
    planOf(operation) {
      const { definition, viewId } = operation;
      const known = plans.get(definition);
      if (known?.viewId === viewId) return known.plan;
      const plan = compileCost(operation, modelOf(operation));
      plans.set(definition, { viewId, plan });
      plan.unboundedLists.forEach(tellUnbounded);
      return plan;
    },
    partsOf: operation => costParts(operation, modelOf(operation), operation.variables),
    answerCosts: operation => fieldCosts(operation, modelOf(operation)),
  };
}

/** Tells of each list once; there are as many as the schema has. */
function unboundedLists({ policy }: GatewayConfig, logger: Logger): (list: string) => void {
  const assumed = policy.cost.defaultListSize;
  const told = new Set<string>();
  return list => {
    if (told.has(list)) return;
    told.add(list);
    logger.warn(
      { list, assumed },
      'nothing says how long this list can be; its cost is estimated by policy.cost.defaultListSize',
    );
  };
}

/** Whether anything is counted in points. */
export function countsCosts({ policy, tiers }: GatewayConfig, personas: readonly Persona[]): boolean {
  const modes = [
    policy.cost.mode,
    ...personas.map(({ cost }) => cost.mode),
    ...Object.values(tiers).map(({ cost }) => cost?.mode),
  ];
  const quotas = [
    ...Object.values(policy.rateLimit.limits),
    ...Object.values(tiers).map(({ rateLimit }) => rateLimit),
    ...personas.map(({ rateLimit }) => rateLimit),
  ];
  const isOn = modes.some(mode => mode === 'measure' || mode === 'enforce');
  return isOn || quotas.some(quota => quota?.spend === 'cost');
}
