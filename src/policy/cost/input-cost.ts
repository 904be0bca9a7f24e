import {
  type FieldNode,
  isInputObjectType,
  Kind,
  type OperationDefinitionNode,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';
import { type Expression, type Reader, saturate, type Term, type Variables } from './expression.ts';
import type { CostModel, FieldCosts, InputCosts } from './model.ts';

/** Value of a variable where the request gives none; undefined: no value. */
export type VariableDefaults = (name: string) => unknown;

export function variableDefaults({ variableDefinitions = [] }: OperationDefinitionNode): VariableDefaults {
  const defaults = new Map<string, unknown>();
  for (const { variable, defaultValue } of variableDefinitions) {
    if (defaultValue !== undefined) defaults.set(variable.name.value, valueFromASTUntyped(defaultValue));
  }
  return name => defaults.get(name);
}

export interface OperationScope {
  readonly model: CostModel;
  readonly expression: Expression;
  readonly defaultOf: VariableDefaults;
}

/**
 * Points of a value of an argument or an input field: nothing for null; the weight of an input object and of
 * what it holds; for a list its own weight and that of each item.
 */
function inputCost(model: CostModel, costs: InputCosts, value: unknown): number {
  if (value === null || value === undefined || !costs.mayCost) return 0;
  if (!costs.isList) return itemCost(model, costs, value);
  let cost = costs.weight ?? 0;
  // What is no list is coerced to a list of one.
  for (const item of Array.isArray(value) ? value : [value]) {
    cost = saturate(cost + itemCost(model, costs, item));
  }
  return cost;
}

function itemCost(model: CostModel, costs: InputCosts, value: unknown): number {
  if (value === null || value === undefined) return 0;
  if (costs.isList && Array.isArray(value)) return inputCost(model, costs, value);
  if (!isInputObjectType(costs.type)) return costs.weight ?? 0;
  let cost = costs.weight ?? 1;
  for (const field of model.inputFields(costs.type.name).values()) {
    const given = (value as Readonly<Record<string, unknown>>)[field.name];
    cost = saturate(cost + inputCost(model, field, given === undefined ? field.defaultValue : given));
  }
  return cost;
}

/**
 * Points of a field's arguments as its resolver receives them: what is left to a default costs what it would
 * cost if it were written.
 */
export function argumentsTerm(scope: OperationScope, costs: FieldCosts, node: FieldNode): Term {
  if (!costs.mayCostByArguments) return 0;
  let cost: Term = 0;
  for (const input of costs.arguments.values()) {
    if (!input.mayCost) continue;
    const given = node.arguments?.find(({ name }) => name.value === input.name);
    cost = scope.expression.plus(cost, inputTerm(scope, input, given?.value));
  }
  return cost;
}

function inputTerm(scope: OperationScope, costs: InputCosts, node: ValueNode | undefined): Term {
  const { model, expression } = scope;
  if (!costs.mayCost || node?.kind === Kind.NULL) return 0;
  if (node === undefined) return inputCost(model, costs, costs.defaultValue);
  if (node.kind === Kind.VARIABLE) {
    const read = (value: unknown) => inputCost(model, costs, value);
    return expression.read(variableReader(scope, { costs, name: node.name.value, read, text: 'cost' }));
  }
  if (!costs.isList) return itemTerm(scope, costs, node);
  const items = node.kind === Kind.LIST ? node.values : [node];
  return expression.sum([costs.weight ?? 0, ...items.map(item => itemTerm(scope, costs, item))]);
}

function itemTerm(scope: OperationScope, costs: InputCosts, node: ValueNode): Term {
  const { model, expression } = scope;
  if (node.kind === Kind.NULL) return 0;
  if (node.kind === Kind.VARIABLE) {
    const read = (value: unknown) => itemCost(model, costs, value);
    return expression.read(variableReader(scope, { costs, name: node.name.value, read, text: 'item' }));
  }
  if (costs.isList && node.kind === Kind.LIST) return inputTerm(scope, costs, node);
  if (!isInputObjectType(costs.type)) return costs.weight ?? 0;
  if (node.kind !== Kind.OBJECT) return itemCost(model, costs, valueFromASTUntyped(node));
  const given = new Map(node.fields.map(field => [field.name.value, field.value]));
  const fields = [...model.inputFields(costs.type.name).values()];
  const terms = fields.map(field => inputTerm(scope, field, given.get(field.name)));
  return expression.sum([costs.weight ?? 1, ...terms]);
}

interface VariableUse {
  readonly costs: InputCosts;
  readonly name: string;
  readonly read: (value: unknown) => number;
  readonly text: 'cost' | 'item';
}

function variableReader({ defaultOf }: OperationScope, { costs, name, read, text }: VariableUse): Reader {
  const declared = defaultOf(name);
  const fallback = declared === undefined ? costs.defaultValue : declared;
  return {
    owner: costs,
    key: text === 'cost' ? name : `${text} ${name}`,
    print: () => `${text}($${name} as ${costs.coordinate})`,
    value: (variables: Variables) => read(variables[name] === undefined ? fallback : variables[name]),
  };
}
