import { type GraphQLSchema, getVariableValues, type OperationDefinitionNode, parse } from 'graphql';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { toldOf } from '../config/parse.ts';
import { type Persona, resolvePersonas } from '../config/resolve-personas.ts';
import { compileTiers, type TiersConfig } from '../config/tiers.ts';
import { ceilingFor } from '../policy/cost/ceiling.ts';
import { compileCost, type SlicingProblem } from '../policy/cost/compile.ts';
import { type CostPart, costParts } from '../policy/cost/cost-parts.ts';
import type { Variables } from '../policy/cost/expression.ts';
import { CostModel } from '../policy/cost/model.ts';
import { personaCosts } from '../policy/cost/persona-costs.ts';
import { checkCostOverrides, costProblems } from '../policy/cost/problems.ts';
import { isRecord } from '../shared/is-record.ts';
import { nearest } from '../shared/nearest.ts';
import { filterSchema } from '../supergraph/contract/filter-schema.ts';
import { readCostDirectives } from '../supergraph/cost-directives.ts';
import { createGeneration } from '../supergraph/generation.ts';
import { apiSchemaOf } from '../supergraph/supported-features.ts';
import { CliError } from './cli-error.ts';
import { readOperation } from './read-operation.ts';
import { readSettings, sourceOf } from './settings.ts';

interface CostFlags {
  readonly supergraph?: string;
  readonly config?: string;
  readonly operationName?: string;
  readonly variables?: string;
  readonly persona?: string;
  readonly tier?: string;
  readonly json?: boolean;
}

interface CostReport {
  readonly estimate: number;
  /** Null: there is no limit. */
  readonly max: number | null;
  readonly expression: string;
  readonly parts: readonly CostPart[];
  readonly unboundedLists: readonly string[];
  readonly problems: readonly string[];
}

const PARTS_SHOWN = 10;

/** `weir cost`: what an operation is estimated to cost, as a number and as an expression, without asking any subgraph. */
export async function cost(text: string, flags: CostFlags): Promise<void> {
  const { config, source } = await readSettings(flags, process.env, 'start');
  const caller = readCaller(config, flags);
  const model = await readModel(config, caller, flags).catch((error: unknown) => {
    throw toldOf(error, source);
  });
  const operation = readOperation(text, model.schema, flags.operationName);
  const variables = readVariables(flags.variables, operation.definition, model.schema);
  const plan = compileCost(operation, model);
  const report: CostReport = {
    estimate: plan.estimate(variables),
    max: ceilingFor(caller.cost, caller.tier?.cost, config.policy.cost).max,
    expression: plan.print(),
    parts: costParts(operation, model, variables).slice(0, PARTS_SHOWN),
    unboundedLists: plan.unboundedLists,
    problems: plan.problems(variables).map(describeProblem),
  };
  process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : printReport(report));
}

/** Whose operation it would be. */
interface Caller extends Pick<Persona, 'contract' | 'cost'> {
  /** Undefined where none is configured. */
  readonly tier: TiersConfig[string] | undefined;
}

/** Without a persona the operation is held against everything there is. */
const EVERYTHING = { contract: { includeTags: [], excludeTags: [] }, cost: { show: false } };

function readCaller(config: GatewayConfig, { persona: name, tier: named }: CostFlags): Caller {
  const { tiers } = config;
  if (named !== undefined && !Object.hasOwn(tiers, named))
    throw unknownName('tier', named, Object.keys(tiers));
  const tier = tiers[compileTiers(tiers)(named ?? null) ?? ''];
  if (name === undefined) return { ...EVERYTHING, tier };
  const personas = resolvePersonas(config);
  const persona = personas.find(candidate => candidate.name === name);
  const names = personas.map(candidate => candidate.name ?? '');
  if (persona === undefined) throw unknownName('persona', name, names);
  return { ...persona, tier };
}

function unknownName(kind: string, name: string, known: readonly string[]): CliError {
  const suggestion = nearest(name, known);
  return new CliError(`there is no ${kind} "${name}"${suggestion ? `; did you mean "${suggestion}"?` : ''}`);
}

async function readModel(
  config: GatewayConfig,
  { contract, cost }: Caller,
  flags: CostFlags,
): Promise<CostModel> {
  const { outcome } = await sourceOf(flags.supergraph, process.env).read();
  if (outcome.kind === 'failed') throw outcome.error;
  const apiSchema = apiSchemaOf(outcome.sdl);
  const document = parse(outcome.sdl);
  const table = readCostDirectives(document);
  const { supergraphSchema } = createGeneration({ sdl: outcome.sdl, apiSchema });
  const problems = costProblems(table, supergraphSchema);
  if (problems.length > 0) throw new CliError(problems.join('\n'));
  checkCostOverrides(config.policy.cost, { table, schema: supergraphSchema });
  const { own, all } = personaCosts(cost, config.policy.cost);
  checkCostOverrides(own, { table, schema: supergraphSchema, place: `personas.${flags.persona}.cost` });
  const schema = filterSchema({ document, apiSchema }, contract);
  return new CostModel({ schema, table, config: all });
}

function readVariables(
  text: string | undefined,
  definition: OperationDefinitionNode,
  schema: GraphQLSchema,
): Variables {
  const given = text === undefined ? {} : parseVariables(text);
  const { coerced, errors } = getVariableValues(schema, definition.variableDefinitions ?? [], given);
  if (errors !== undefined) throw new CliError(errors.map(({ message }) => message).join('\n'));
  return Object.assign(Object.create(null), coerced);
}

function parseVariables(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return { ...value };
  } catch {
    // Told below.
  }
  throw new CliError('--variables must be a JSON object, as in \'{"first": 5}\'');
}

function describeProblem({ coordinate, slicingArguments, given }: SlicingProblem): string {
  const what = given === 0 ? 'none of' : `${given} of`;
  return `${coordinate} requires exactly one slicing argument; ${what} ${slicingArguments.join(', ')} is given`;
}

function printReport({ estimate, max, expression, parts, unboundedLists, problems }: CostReport): string {
  const width = Math.max(0, ...parts.map(part => String(part.cost).length));
  return [
    `estimate: ${estimate}${max === null ? '' : ` of at most ${max}`}`,
    `expression: ${expression.includes('\n') ? `\n${expression}` : expression}`.replaceAll('\n', '\n  '),
    ...(parts.length === 0 ? [] : ['parts:']),
    ...parts.map(part => `  ${String(part.cost).padStart(width)}  ${part.coordinate}`),
    ...(unboundedLists.length === 0 ? [] : [`unbounded lists: ${unboundedLists.join(', ')}`]),
    ...problems.map(problem => `refused: ${problem}`),
    '',
  ].join('\n');
}
