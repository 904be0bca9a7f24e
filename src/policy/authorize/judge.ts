import { getArgumentValues } from 'graphql';
import type { BoundOperation, ObjectView } from '../../http/bound-operation.ts';
import type { Caller } from '../../http/caller.ts';
import { deepFreeze } from '../../shared/deep-freeze.ts';
import type { AccessRequirement } from '../../supergraph/access.ts';
import type { FieldPlace } from '../field-places.ts';
import type { AuthorizationPlan, Check } from './compile-operation.ts';
import { ROOT_PARENT } from './rules/ask-leaf.ts';
import { evaluateRule, type Verdict } from './rules/evaluate-rule.ts';
import type { RuleContext } from './rules/rule-context.ts';
import type { RuleMemory } from './rules/rule-memory.ts';
import type { RulePlan } from './rules/rule-plan.ts';

/** What one request brings to the checks of its operation. */
export interface Judging {
  readonly operation: BoundOperation;
  readonly caller: Caller;
  /** Named rules that `@policy` refers to. */
  readonly policies: ReadonlyMap<string, RulePlan>;
  readonly context: RuleContext;
  readonly memory: RuleMemory;
  /** The object that the field is read from; absent before the fetch. */
  readonly parent?: ObjectView;
}

const ALLOW: Verdict = Object.freeze({ kind: 'allow' });
const DENY: Verdict = Object.freeze({ kind: 'deny', message: null });

/** The verdict of one check. Without rules there is nothing to wait for; with a parent it is never `needs-parent`. */
export function judge(check: Check, judging: Judging): Verdict | Promise<Verdict> {
  const { place } = check;
  if (check.kind === 'rule') {
    // Selected on an abstract type: a rule about another member says nothing about this object.
    if (judging.parent !== undefined && !check.types.has(judging.parent.typeName)) return ALLOW;
    return judgeRule(check.rule, place, judging);
  }
  const { requirement } = check;
  if (!isQualified(judging.caller, requirement)) return DENY;
  return requirement.policies.length === 0 ? ALLOW : judgePolicies(requirement, place, judging);
}

/** Whether a caller has all that an operation asks for where no rule is asked: then there is nothing else to judge. */
export function hasAll(caller: Caller, { checks }: AuthorizationPlan): boolean {
  return checks.every(
    check =>
      check.kind === 'requirement' &&
      check.requirement.policies.length === 0 &&
      isQualified(caller, check.requirement),
  );
}

function isQualified(caller: Caller, { authenticated, scopes }: AccessRequirement): boolean {
  if (authenticated && caller.kind === 'anonymous') return false;
  return scopes.every(alternatives => alternatives.some(all => all.every(scope => caller.scopes.has(scope))));
}

/** Each application of the directive must hold by one of its alternatives; a policy that nobody wrote holds never. */
async function judgePolicies(
  { policies }: AccessRequirement,
  place: FieldPlace,
  judging: Judging,
): Promise<Verdict> {
  let awaitsParent = false;
  for (const alternatives of policies) {
    let best: Verdict = DENY;
    for (const names of alternatives) {
      const verdict = await judgeAll(names, place, judging);
      if (verdict.kind === 'allow' || best.kind === 'deny') best = verdict;
      if (best.kind === 'allow') break;
    }
    if (best.kind === 'deny') return best;
    awaitsParent ||= best.kind === 'needs-parent';
  }
  return awaitsParent ? { kind: 'needs-parent' } : ALLOW;
}

async function judgeAll(names: readonly string[], place: FieldPlace, judging: Judging): Promise<Verdict> {
  let verdict = ALLOW;
  for (const name of names) {
    const rule = judging.policies.get(name);
    const one = rule === undefined ? DENY : await judgeRule(rule, place, judging);
    if (one.kind === 'deny') return one;
    if (one.kind === 'needs-parent') verdict = one;
  }
  return verdict;
}

function judgeRule(
  rule: RulePlan,
  { node, parentType, field }: FieldPlace,
  { operation, context, memory, parent }: Judging,
): Promise<Verdict> {
  const { definition, schema, variables } = operation;
  const args = argumentsOf(field, node, variables);
  if (args === null) return Promise.resolve(DENY);
  return evaluateRule(rule, {
    parent: schema.getRootType(definition.operation) === parentType ? ROOT_PARENT : (parent?.fields ?? null),
    args,
    context,
    info: {
      fieldName: field.name,
      parentType: parentType as typeof parentType & RuleParentType,
      returnType: field.type,
      schema,
      operation: definition,
      variableValues: deepFreeze(variables),
    },
    memory,
  });
}

/**
 * Frozen, as values are shared by requests with the same text, and defaults by all: what one rule wrote another caller's
 * request would carry. Null where a nullable variable with a default is given null for what may not be null: validation
 * lets it pass.
 */
function argumentsOf(
  field: FieldPlace['field'],
  node: FieldPlace['node'],
  variables: BoundOperation['variables'],
): ReturnType<typeof getArgumentValues> | null {
  try {
    return deepFreeze(getArgumentValues(field, node, variables));
  } catch {
    return null;
  }
}

type RuleParentType = Parameters<typeof evaluateRule>[1]['info']['parentType'];
