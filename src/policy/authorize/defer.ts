import {
  type FieldNode,
  type FragmentDefinitionNode,
  isAbstractType,
  Kind,
  type NamedTypeNode,
} from 'graphql';
import type { DeferredFields, ObjectView } from '../../http/bound-operation.ts';
import { TYPENAME_FIELD } from '../../shared/typename-field.ts';
import type { AuthorizationPlan, Check } from './compile-operation.ts';
import { type Judging, judge } from './judge.ts';
import type { Verdict } from './rules/evaluate-rule.ts';
import type { RulePlan } from './rules/rule-plan.ts';

type Open = Pick<DeferredFields, 'checks' | 'reads'>;

/** The fields whose checks are open for some verdicts, and what these checks read; null when all are decided. */
export function findOpen(
  { guarded, checks }: AuthorizationPlan,
  verdicts: readonly Verdict[],
  policies: ReadonlyMap<string, RulePlan>,
): Open | null {
  const open = new Map<FieldNode, readonly number[]>();
  const reads = new Map<FieldNode, readonly FragmentDefinitionNode[]>();
  for (const { node, checks: indices } of guarded) {
    if (indices.some(index => verdicts[index]?.kind === 'deny')) continue;
    const waiting = indices.filter(index => verdicts[index]?.kind === 'needs-parent');
    const [first] = waiting.map(index => checks[index]).filter(check => check !== undefined);
    if (first === undefined) continue;
    open.set(node, waiting);
    const fragments = waiting.flatMap(index => fragmentsOf(checks[index], policies));
    const { parentType } = first.place;
    // Rules are about object types, and only its name tells which of them an object is.
    const typeName = isAbstractType(parentType) ? [typeNameOf(parentType.name)] : [];
    reads.set(node, [...new Set(fragments), ...typeName]);
  }
  return open.size === 0 ? null : { checks: open, reads };
}

/** What a request's deferred fields need to be decided, with all that its rules may look at. */
export function deferTo(
  open: Open,
  checks: readonly Check[],
  { judging, deniedMessage }: { readonly judging: Judging; readonly deniedMessage: string | null },
): DeferredFields {
  return {
    ...open,
    async judge(index: number, parent: ObjectView) {
      const check = checks[index];
      const verdict = check === undefined ? null : await judge(check, { ...judging, parent });
      return {
        isAllowed: verdict?.kind === 'allow',
        message: verdict?.kind === 'deny' ? (verdict.message ?? deniedMessage) : null,
      };
    },
  };
}

function fragmentsOf(
  check: Check | undefined,
  policies: ReadonlyMap<string, RulePlan>,
): readonly FragmentDefinitionNode[] {
  if (check === undefined) return [];
  if (check.kind === 'rule') return check.rule.fragments;
  return check.requirement.policies.flat(2).flatMap(name => policies.get(name)?.fragments ?? []);
}

function typeNameOf(type: string): FragmentDefinitionNode {
  const typeCondition: NamedTypeNode = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: type } };
  return {
    kind: Kind.FRAGMENT_DEFINITION,
    name: { kind: Kind.NAME, value: 'TypeName' },
    typeCondition,
    selectionSet: {
      kind: Kind.SELECTION_SET,
      selections: [TYPENAME_FIELD],
    },
  };
}
