import type { IncomingHttpHeaders } from 'node:http';
import type { FieldNode } from 'graphql';
import type { AuthorizationConfig } from '../../config/policy.ts';
import type { BoundOperation, Refusal } from '../../http/bound-operation.ts';
import type { Caller } from '../../http/caller.ts';
import { documentBytes } from '../../shared/document-bytes.ts';
import { Lru } from '../../shared/lru.ts';
import { randomId } from '../../shared/random-id.ts';
import { type AuthorizationPlan, compileOperation } from './compile-operation.ts';
import { deferTo, findOpen } from './defer.ts';
import { deniedPaths } from './denied-paths.ts';
import type { GuardOf } from './guards.ts';
import { hasAll, type Judging, judge } from './judge.ts';
import { refuseOperation } from './refuse-operation.ts';
import { removeDenied } from './remove-denied.ts';
import type { Verdict } from './rules/evaluate-rule.ts';
import { createRuleContext } from './rules/rule-context.ts';
import { RuleMemory } from './rules/rule-memory.ts';
import type { RulePlan } from './rules/rule-plan.ts';

/** Who wants an operation run. */
export interface Asking {
  readonly caller: Caller;
  readonly headers: IncomingHttpHeaders;
  readonly requestId: string;
  /** Until the request's deadline; absent: there is none. */
  readonly timeLeftMs?: () => number;
  /** Told when a rule looks at the headers: from then on the answer is for this request alone. */
  readonly onHeaderRead?: () => void;
}

/**
 * Takes what a caller may not see out of an operation; what is left has an id, and so a plan, of its own.
 * @throws GatewayError FORBIDDEN or UNAUTHENTICATED in the mode `reject`.
 */
export type Authorize = (
  operation: BoundOperation,
  asking: Asking,
) => BoundOperation | Promise<BoundOperation>;

export interface AuthorizeOptions {
  readonly mode: AuthorizationConfig['mode'];
  readonly guardOf: GuardOf;
  readonly policies: ReadonlyMap<string, RulePlan>;
  /** What is told where a rule has no words of its own. */
  readonly deniedMessage: string | null;
  readonly showFailures: boolean;
  /** Bound on the memory of the operations that are remembered for their guarded fields, as estimated. */
  readonly maxBytes: number;
  readonly onRuleFailure: (rule: string, error: unknown) => void;
  /** Told of operations of which something was (or, in a dry run, would be) taken away. */
  readonly onDenied: (denied: BoundOperation, asking: Asking) => void;
}

/** What is left of an operation for callers of equal rights. */
interface Remainder {
  readonly denied: ReadonlyMap<FieldNode, number>;
  readonly removed: ReturnType<typeof removeDenied>;
  readonly open: ReturnType<typeof findOpen>;
}

interface Compiled extends Pick<BoundOperation, 'document' | 'definition'> {
  readonly plan: AuthorizationPlan;
  /** By the verdicts of the checks. */
  readonly remainders: Lru<string, Remainder>;
}

/** Fields taken out that one operation is remembered with, summed over the sets of rights. */
const MAX_REMAINDERS = 1_024;

/** Of an id with nothing behind it; of a field that is guarded; of one that was taken out, with its place and its reasons. */
const BYTES_PER_ID = 500;
const BYTES_PER_GUARDED = 300;
const BYTES_PER_REMAINDER = 400;

function bytesOf(known: Compiled | null): number {
  if (known === null) return BYTES_PER_ID;
  const { document, plan, remainders } = known;
  const guarded = BYTES_PER_GUARDED * (plan.guarded.length + plan.checks.length);
  return BYTES_PER_ID + documentBytes(document) + guarded + BYTES_PER_REMAINDER * remainders.weight;
}

/** Authorization of one generation. */
export function createAuthorize(options: AuthorizeOptions): Authorize {
  /** Null where nothing is guarded: then the document is not kept for it. */
  const compiled = new Lru<string, Compiled | null>(options.maxBytes);
  const isPlainPolicy = (name: string): boolean => options.policies.get(name)?.isContextual ?? true;
  const compile = (operation: BoundOperation): Compiled | null => {
    const known = compiled.get(operation.id);
    if (known !== undefined) return known;
    const plan = compileOperation(operation, { guardOf: options.guardOf, isPlainPolicy });
    const { document, definition } = operation;
    const made = plan === null ? null : { document, definition, plan, remainders: newRemainders() };
    compiled.set(operation.id, made, bytesOf(made));
    return made;
  };

  return (bound, asking) => {
    const known = compile(bound);
    if (known === null) return bound;
    const { document, definition } = known;
    // Its fields are known by identity, and the same text may have been parsed again (each persona does).
    const operation = document === bound.document ? bound : { ...bound, document, definition };
    return hasAll(asking.caller, known.plan) ? operation : takeOut(operation, known, asking);
  };

  async function takeOut(
    operation: BoundOperation,
    known: Compiled,
    asking: Asking,
  ): Promise<BoundOperation> {
    const { plan, remainders } = known;
    const judging = judgingOf(operation, asking, options);
    const verdicts = await judgeAll(plan, judging);
    if (verdicts.every(({ kind }) => kind === 'allow')) return operation;
    const rights = verdicts.map(({ kind }) => LETTERS[kind]).join('');
    const before = remainders.get(rights);
    const remainder = before ?? remainderOf(plan, verdicts, judging);
    if (before === undefined) {
      remainders.set(rights, remainder, 1 + remainder.removed.size);
      compiled.set(operation.id, known, bytesOf(known));
    }
    const denied = withDenial(
      { operation, rights, remainder, plan, verdicts, judging },
      options.deniedMessage,
    );
    return settle(denied, operation, { asking, options });
  }
}

function newRemainders(): Compiled['remainders'] {
  return new Lru(MAX_REMAINDERS);
}

/** What the mode makes of it. @throws GatewayError */
function settle(
  denied: BoundOperation,
  operation: BoundOperation,
  { asking, options }: { readonly asking: Asking; readonly options: AuthorizeOptions },
): BoundOperation {
  const { mode, onDenied } = options;
  const isDenied = (denied.denial?.removed.size ?? 0) > 0;
  // A field that a condition leaves out was not asked for.
  const paths = isDenied && mode !== 'filter' ? deniedPaths(denied) : [];
  if (paths.length > 0 || (isDenied && mode === 'filter')) onDenied(denied, asking);
  if (mode === 'dry-run') return operation;
  if (mode === 'reject' && paths.length > 0) throw refuseOperation(asking.caller, paths);
  return denied;
}

function remainderOf(plan: AuthorizationPlan, verdicts: readonly Verdict[], judging: Judging): Remainder {
  const { operation, policies } = judging;
  const denied = deniedFields(plan, verdicts);
  return {
    denied,
    removed: removeDenied({ ...operation, denied }),
    open: findOpen(plan, verdicts, policies),
  };
}

const LETTERS = { allow: 'y', deny: 'n', 'needs-parent': 'p' } as const;

function judgingOf(operation: BoundOperation, asking: Asking, options: AuthorizeOptions): Judging {
  const { caller, headers, requestId, onHeaderRead } = asking;
  const { name, operation: operationKind } = operation.definition;
  return {
    operation,
    caller,
    policies: options.policies,
    context: createRuleContext({
      caller,
      headers,
      onHeaderRead,
      request: { id: requestId, operationName: name?.value ?? null, operationKind },
    }),
    memory: new RuleMemory({
      onFailure: options.onRuleFailure,
      showFailures: options.showFailures,
      timeLeftMs: asking.timeLeftMs,
    }),
  };
}

async function judgeAll(plan: AuthorizationPlan, judging: Judging): Promise<readonly Verdict[]> {
  const verdicts = plan.checks.map(check => judge(check, judging));
  return verdicts.some(verdict => verdict instanceof Promise)
    ? Promise.all(verdicts)
    : (verdicts as readonly Verdict[]);
}

function deniedFields(
  { guarded }: AuthorizationPlan,
  verdicts: readonly Verdict[],
): ReadonlyMap<FieldNode, number> {
  const denied = new Map<FieldNode, number>();
  for (const { node, checks } of guarded) {
    const check = checks.find(index => verdicts[index]?.kind === 'deny');
    if (check !== undefined) denied.set(node, check);
  }
  return denied;
}

interface Denying {
  readonly operation: BoundOperation;
  readonly rights: string;
  readonly remainder: Remainder;
  readonly plan: AuthorizationPlan;
  readonly verdicts: readonly Verdict[];
  readonly judging: Judging;
}

function withDenial(denying: Denying, deniedMessage: string | null): BoundOperation {
  const { operation, rights, remainder, plan, verdicts, judging } = denying;
  const refusals = new Map<number, Refusal>();
  for (const [index, verdict] of verdicts.entries()) {
    if (verdict.kind !== 'deny') continue;
    const message = verdict.message ?? (plan.checks[index]?.kind === 'rule' ? deniedMessage : null);
    if (message !== null) refusals.set(index, { code: 'UNAUTHORIZED_FIELD', message, extensions: {} });
  }
  const words = refusals.size === 0 ? '' : JSON.stringify([...refusals]);
  // What rules will say of objects can depend on anything in this request, so nobody else may have its answer.
  const own = remainder.open === null ? '' : `#${randomId()}`;
  const { document, documentHash, definition, viewId, schema, omitNulls, overrides, variables } = operation;
  return {
    document,
    documentHash,
    definition,
    viewId,
    schema,
    omitNulls,
    overrides,
    variables,
    id: `${operation.id} -${rights}`,
    key: `${operation.key} -${rights} ${words}${own}`,
    denial: {
      removed: remainder.removed,
      denied: remainder.denied,
      refusals,
      deferred:
        remainder.open === null ? null : deferTo(remainder.open, plan.checks, { judging, deniedMessage }),
    },
  };
}
