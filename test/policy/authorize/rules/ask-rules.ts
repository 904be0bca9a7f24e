import { buildSchema, type OperationDefinitionNode, parse } from 'graphql';
import { ANONYMOUS } from '../../../../src/identity/caller.ts';
import type { Compilation } from '../../../../src/policy/authorize/rules/compilation.ts';
import { compileRule } from '../../../../src/policy/authorize/rules/compile-rule.ts';
import { evaluateRule, type Verdict } from '../../../../src/policy/authorize/rules/evaluate-rule.ts';
import { createRuleContext, type RuleInfo } from '../../../../src/policy/authorize/rules/rule-context.ts';
import { RuleMemory } from '../../../../src/policy/authorize/rules/rule-memory.ts';
import type { RulePlan } from '../../../../src/policy/authorize/rules/rule-plan.ts';

export const schema = buildSchema(`
  type Query { me: User users(first: Int): [User] node: Node }
  type Mutation { rename(id: ID!, name: String!): User }
  interface Node { id: ID }
  type User implements Node { id: ID email: String friends(first: Int): [User] }
  type Order { id: ID total: Int }
  union Found = User | Order
  input Paging { first: Int }
`);

const operation = parse('{ me { email } }').definitions[0] as OperationDefinitionNode;
const Query = schema.getQueryType()!;

export const info: RuleInfo = {
  fieldName: 'me',
  parentType: Query,
  returnType: Query.getFields()['me']!.type,
  schema,
  operation,
  variableValues: {},
};

export const context = createRuleContext({
  caller: ANONYMOUS,
  headers: { 'x-team': 'blue' },
  request: { id: 'r-1', operationName: null, operationKind: 'query' },
});

export interface Question {
  /** Undefined: before the fetch. */
  readonly parent?: object;
  readonly args?: Readonly<Record<string, unknown>>;
}

export interface Request {
  readonly failures: { readonly rule: string; readonly error: unknown }[];
  ask(plan: RulePlan, question?: Question): Promise<Verdict>;
}

/** Questions of one request: what rules said is remembered from one to the next. */
export function startRequest(options: { readonly showFailures?: boolean } = {}): Request {
  const failures: { rule: string; error: unknown }[] = [];
  const memory = new RuleMemory({ ...options, onFailure: (rule, error) => failures.push({ rule, error }) });
  return {
    failures,
    ask: (plan, { parent, args = {} } = {}) =>
      evaluateRule(plan, { parent: parent ?? null, args, context, info, memory }),
  };
}

/** @throws where there is anything wrong with the rule. */
export function compiled(rule: unknown): RulePlan {
  const compilation: Compilation = { schema, problems: [], known: new Map() };
  const plan = compileRule(rule, 'here', compilation);
  if (compilation.problems.length > 0) throw new Error(compilation.problems.join('\n'));
  return plan;
}

export const ask = (rule: unknown, question?: Question): Promise<Verdict> =>
  startRequest().ask(compiled(rule), question);

export const ALLOW: Verdict = { kind: 'allow' };
export const DENY: Verdict = { kind: 'deny', message: null };
export const NEEDS_PARENT: Verdict = { kind: 'needs-parent' };
export const denied = (message: string): Verdict => ({ kind: 'deny', message });
