import { buildSchema, type GraphQLSchema, getOperationAST, parse, validate } from 'graphql';
import { costConfig } from '../../../src/config/cost.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { compileCost } from '../../../src/policy/cost/compile.ts';
import type { Variables } from '../../../src/policy/cost/expression.ts';
import type { CostedOperation } from '../../../src/policy/cost/graph.ts';
import { CostModel } from '../../../src/policy/cost/model.ts';
import { readCostDirectives } from '../../../src/supergraph/cost-directives.ts';

const DIRECTIVES = `
  directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
  directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION`;

export function schemaOf(typeDefs: string): GraphQLSchema {
  return buildSchema(`${DIRECTIVES}\n${typeDefs}`);
}

/** @param config as under `policy.cost`. */
export function modelOf(typeDefs: string, config: object = {}): CostModel {
  return new CostModel({
    schema: schemaOf(typeDefs),
    table: readCostDirectives(parse(typeDefs)),
    config: parseConfig(costConfig, config, 'the test'),
  });
}

export function operationOf(model: CostModel, text: string): CostedOperation {
  const document = parse(text);
  const errors = validate(model.schema, document);
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
  const definition = getOperationAST(document);
  if (!definition) throw new Error('no operation');
  return { document, definition };
}

export function planOf(model: CostModel, text: string) {
  return compileCost(operationOf(model, text), model);
}

export function estimateOf(model: CostModel, text: string, variables: Variables = {}): number {
  return planOf(model, text).estimate(variables);
}
