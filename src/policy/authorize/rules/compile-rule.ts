import type { Compilation } from './compilation.ts';
import { messageOf } from './outcome.ts';
import { readFragment } from './read-fragment.ts';
import { ALLOW, DENY, type GroupPlan, type LeafPlan, type RuleFunction, type RulePlan } from './rule-plan.ts';

interface ShieldRule {
  readonly name?: unknown;
  readonly func?: unknown;
  readonly cache?: unknown;
  readonly fragment?: unknown;
  readonly rules?: unknown;
  readonly error?: unknown;
}

const KINDS: ReadonlyMap<string, RulePlan['kind']> = new Map([
  ['Rule', 'leaf'],
  ['InputRule', 'leaf'],
  ['RuleAnd', 'and'],
  ['RuleOr', 'or'],
  ['RuleChain', 'chain'],
  ['RuleRace', 'race'],
  ['RuleNot', 'not'],
  ['RuleTrue', 'allow'],
  ['RuleFalse', 'deny'],
]);

/** Stands for a rule while its members are read, so that one that contains itself is noticed. */
const BEING_READ: RulePlan = Object.freeze({ kind: 'deny', isContextual: true, fragments: [] });

/** Shield gives a rule without a name a random number for one. */
const RANDOM_NAME = /^(0|0?\.\d+|\de-\d+|\d\.\d+e-\d+)$/;

/** By the name of its class, as shield does it: a rule may come from another copy of shield than ours. */
export function isShieldRule(value: unknown): value is ShieldRule {
  return kindOf(value) !== undefined;
}

function kindOf(value: unknown): RulePlan['kind'] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return KINDS.get(value.constructor?.name);
}

/**
 * What is wrong with a rule goes to the problems of the compilation, and a plan that denies comes back.
 * @param place where the rule stands, as in `permissions.Query.users`.
 */
export function compileRule(rule: unknown, place: string, compilation: Compilation): RulePlan {
  const { problems, known } = compilation;
  if (!isShieldRule(rule)) {
    problems.push(`${place}: ${describe(rule)} is no rule; use rule(), and(), or(), not(), allow, deny …`);
    return DENY;
  }
  const before = known.get(rule);
  if (before === BEING_READ) problems.push(`${place}: the rule contains itself`);
  if (before !== undefined) return before;
  known.set(rule, BEING_READ);
  const plan = compile(rule, place, compilation);
  known.set(rule, plan);
  return plan;
}

function compile(rule: ShieldRule, place: string, compilation: Compilation): RulePlan {
  const kind = kindOf(rule);
  if (kind === undefined || kind === 'deny') return DENY;
  if (kind === 'allow') return ALLOW;
  if (kind === 'leaf') return compileLeaf(rule, place, compilation);
  const members = Array.isArray(rule.rules) ? Array.from<unknown>(rule.rules) : [];
  if (members.length === 0) {
    // Shield lets everything through here, which nobody means who builds the list in code.
    compilation.problems.push(`${place}: ${kind}() without rules; write allow or deny if that is meant`);
    return DENY;
  }
  const rules = members.map((member, index) =>
    compileRule(member, `${place}: ${kind}() member ${index + 1}`, compilation),
  );
  const common = {
    isContextual: rules.every(member => member.isContextual),
    fragments: [...new Set(rules.flatMap(member => member.fragments))],
  };
  if (kind !== 'not') return Object.freeze<GroupPlan>({ ...common, kind, rules });
  return Object.freeze({ ...common, kind, rule: rules[0] ?? DENY, message: messageOf(rule.error) });
}

function compileLeaf(rule: ShieldRule, place: string, compilation: Compilation): RulePlan {
  const { name, func, cache, fragment } = rule;
  if (typeof func !== 'function') {
    compilation.problems.push(
      `${place}: the rule has no function; write rule()((parent, args, context) => …)`,
    );
    return DENY;
  }
  if (!isCacheMode(cache)) {
    compilation.problems.push(
      `${place}: cache ${describe(cache)} is unknown; it may be "contextual", "strict", "no_cache" or a function`,
    );
    return DENY;
  }
  if (cache === 'contextual' && fragment !== undefined) {
    compilation.problems.push(
      `${place}: a fragment says that the rule reads its parent, cache "contextual" says that it does not`,
    );
  }
  return Object.freeze<LeafPlan>({
    kind: 'leaf',
    name: typeof name === 'string' && !RANDOM_NAME.test(name) ? name : place,
    check: func as RuleFunction,
    cache,
    isContextual: cache === 'contextual',
    fragments: fragment === undefined ? [] : readFragment(fragment, place, compilation),
  });
}

function isCacheMode(cache: unknown): cache is LeafPlan['cache'] {
  return typeof cache === 'function' || ['no_cache', 'contextual', 'strict'].includes(cache as string);
}

function describe(value: unknown): string {
  if (value === undefined) return 'undefined (an import in a circle?)';
  if (typeof value === 'string') return `"${value}"`;
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : `a ${typeof value}`;
}
