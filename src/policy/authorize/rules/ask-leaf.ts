import { withinTime } from '../../../shared/within-time.ts';
import { argumentsKey } from './arguments-key.ts';
import { ALLOWED, messageOf, NEEDS_PARENT, type Outcome } from './outcome.ts';
import type { RuleContext, RuleInfo } from './rule-context.ts';
import type { RuleMemory } from './rule-memory.ts';
import type { LeafPlan, RuleFunction } from './rule-plan.ts';
import { Untouchable } from './untouchable.ts';

export interface RuleCall {
  /** Null before the fetch. Fields of the root have no parent to wait for: {@link ROOT_PARENT} at once. */
  readonly parent: object | null;
  readonly args: Readonly<Record<string, unknown>>;
  readonly context: RuleContext;
  readonly info: RuleInfo;
  readonly memory: RuleMemory;
}

/** The parent of fields of Query, Mutation and Subscription. */
export const ROOT_PARENT: object = Object.freeze(Object.create(null));

/** A rule that has not answered by then, or by the request's deadline, denies. Rules stand in front of every fetch. */
export const RULE_TIMEOUT_MS = 1000;

const BEFORE_FETCH = Object.freeze({});
const AFTER_FETCH = Object.freeze({});
const WHOLE_REQUEST = Object.freeze({});

/** What a rule gets to see, and what became of what it must not look at. */
interface View {
  readonly parent: object;
  readonly args: object;
  readonly info: object;
  /** Set where the parent is not there yet. */
  readonly absent: Untouchable | null;
  /** What the rule's way of caching leaves out of account. */
  readonly forbidden: Untouchable | null;
}

/** Asks one rule, or remembers what it said. */
export async function askLeaf(leaf: LeafPlan, call: RuleCall): Promise<Outcome> {
  const { parent, args, info, memory } = call;
  if (parent === null && leaf.fragments.length > 0) return NEEDS_PARENT;
  if (leaf.cache === 'contextual') {
    return memory.recall({ leaf, scope: WHOLE_REQUEST, key: null }, () => {
      const forbidden = new Untouchable();
      const { proxy } = forbidden;
      return ask(leaf, call, { parent: proxy, args: proxy, info: proxy, absent: null, forbidden });
    });
  }
  const absent = parent === null ? new Untouchable() : null;
  const seen = absent?.proxy ?? parent ?? ROOT_PARENT;
  if (leaf.cache === 'no_cache')
    return ask(leaf, call, { parent: seen, args, info, absent, forbidden: null });
  if (leaf.cache !== 'strict')
    return askByKey(leaf, call, { parent: seen, args, info, absent, forbidden: null });
  const asked = (): Promise<Outcome> => {
    const forbidden = new Untouchable();
    return ask(leaf, call, { parent: seen, args, info: forbidden.proxy, absent, forbidden });
  };
  const key = argumentsKey(args);
  return key === null ? asked() : memory.recall({ leaf, scope: parent ?? BEFORE_FETCH, key }, asked);
}

/** Keys are compared as they are, not as text: two objects are two keys. */
async function askByKey(leaf: LeafPlan, call: RuleCall, view: View): Promise<Outcome> {
  let key: unknown;
  try {
    key = (leaf.cache as RuleFunction)(view.parent, view.args, call.context, view.info);
  } catch (error) {
    return view.absent?.isTouched ? NEEDS_PARENT : fail(leaf, call, error);
  }
  if (view.absent?.isTouched) return NEEDS_PARENT;
  const scope = call.parent === null ? BEFORE_FETCH : AFTER_FETCH;
  return call.memory.recall({ leaf, scope, key }, () => ask(leaf, call, view));
}

async function ask(leaf: LeafPlan, call: RuleCall, view: View): Promise<Outcome> {
  if (call.memory.hanging.has(leaf)) return { kind: 'failed', message: null };
  const answer = await answerOf(leaf, call, view);
  if (view.forbidden?.isTouched) {
    const unseen = leaf.cache === 'contextual' ? 'its parent, args or info' : 'info';
    return fail(
      leaf,
      call,
      new Error(`The rule has cache "${leaf.cache}" and reads ${unseen}; use "no_cache"`),
    );
  }
  if (view.absent?.isTouched) return NEEDS_PARENT;
  return 'error' in answer ? fail(leaf, call, answer.error) : answer;
}

async function answerOf(leaf: LeafPlan, call: RuleCall, view: View): Promise<Outcome | { error: unknown }> {
  try {
    const returned = leaf.check(view.parent, view.args, call.context, view.info);
    // Most rules answer at once, and need no timer.
    const result = isThenable(returned)
      ? await inTime(returned, call.memory, () => call.memory.hanging.add(leaf))
      : returned;
    return result === true ? ALLOWED : { kind: 'deny', message: messageOf(result) };
  } catch (error) {
    return { error };
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function inTime(
  answer: PromiseLike<unknown>,
  { timeLeftMs }: RuleMemory,
  onLate: () => void,
): Promise<unknown> {
  const timeoutMs = Math.min(RULE_TIMEOUT_MS, Math.max(0, timeLeftMs()));
  return withinTime(answer, timeoutMs, () => {
    onLate();
    return new Error(`The rule gave no answer within ${Math.round(timeoutMs)} ms`);
  });
}

function fail(leaf: LeafPlan, { memory }: RuleCall, error: unknown): Outcome {
  memory.onFailure(leaf.name, error);
  return { kind: 'failed', message: memory.showFailures ? (messageOf(error) ?? 'The rule failed') : null };
}
