import { askLeaf, type RuleCall } from './ask-leaf.ts';
import { ALLOWED, DENIED, decide, type Outcome } from './outcome.ts';
import type { GroupPlan, RulePlan } from './rule-plan.ts';

export type Verdict =
  | { readonly kind: 'allow' }
  /** Null: no rule gave a message of its own. */
  | { readonly kind: 'deny'; readonly message: string | null }
  /** Before the fetch only: the same call with the parent decides. */
  | { readonly kind: 'needs-parent' };

/**
 * What a rule says about one field. Never rejects: a rule that throws, hangs or answers anything but `true` denies.
 * With a parent the verdict is never `needs-parent`; without one, `allow` and `deny` are final.
 */
export async function evaluateRule(plan: RulePlan, call: RuleCall): Promise<Verdict> {
  const outcome = await evaluate(plan, call);
  return outcome.kind === 'failed' ? { kind: 'deny', message: outcome.message } : (outcome as Verdict);
}

async function evaluate(plan: RulePlan, call: RuleCall): Promise<Outcome> {
  switch (plan.kind) {
    case 'allow':
      return ALLOWED;
    case 'deny':
      return DENIED;
    case 'leaf':
      return askLeaf(plan, call);
    case 'not':
      return invert(await evaluate(plan.rule, call), plan.message);
    case 'and':
      // One that denies decides whatever the parent is; so does one that failed, as nothing can make up for it.
      return decide(await evaluateAll(plan, call), ['deny', 'failed', 'needs-parent', 'allow']);
    case 'or':
      return decide(await evaluateAll(plan, call), ['allow', 'needs-parent', 'failed', 'deny']);
    case 'chain':
      return chain(plan, call);
    case 'race':
      return race(plan, call);
  }
}

/** At once, as shield does, which also means that no rule of an `and` can rely on one before it. */
function evaluateAll({ rules }: GroupPlan, call: RuleCall): Promise<Outcome[]> {
  return Promise.all(rules.map(rule => evaluate(rule, call)));
}

/** A rule may rely on those before it having allowed, so one that must wait for the parent ends it for now. */
async function chain({ rules }: GroupPlan, call: RuleCall): Promise<Outcome> {
  for (const rule of rules) {
    const outcome = await evaluate(rule, call);
    if (outcome.kind !== 'allow') return outcome;
  }
  return ALLOWED;
}

async function race({ rules }: GroupPlan, call: RuleCall): Promise<Outcome> {
  const refusals: Outcome[] = [];
  for (const rule of rules) {
    const outcome = await evaluate(rule, call);
    if (outcome.kind === 'allow' || outcome.kind === 'needs-parent') return outcome;
    // The last message is what shield shows of a race, and the first of all other groups.
    refusals.unshift(outcome);
  }
  return decide(refusals, ['failed', 'deny']);
}

function invert(outcome: Outcome, message: string | null): Outcome {
  if (outcome.kind === 'deny') return ALLOWED;
  return outcome.kind === 'allow' ? { kind: 'deny', message } : outcome;
}
