import type { FieldNode } from 'graphql';
import type { DeniedField } from '../../http/bound-operation.ts';
import type { CollectedField } from './collect-fields.ts';
import { type FieldDenial, holds } from './shape.ts';

/** What becomes of a field of which some places are removed. */
export type DenialAtField =
  | { readonly kind: 'never' }
  | { readonly kind: 'always'; readonly lost: readonly DeniedField[] }
  | { readonly kind: 'sometimes'; readonly denial: FieldDenial };

export const NOT_DENIED: DenialAtField = Object.freeze({ kind: 'never' });

/**
 * One place may be allowed and another not, as a field of an interface must be allowed for every type. For a
 * leaf the one allowed is enough; an object would lack what only the other selects of it, so there it is not.
 */
export function denialAt(
  { node, places }: CollectedField,
  removed: ReadonlyMap<FieldNode, readonly DeniedField[]>,
): DenialAtField {
  const denied = places.flatMap(place => {
    const lost = removed.get(place.node);
    return lost === undefined ? [] : [{ when: place.tests, lost }];
  });
  if (denied.length === 0) return NOT_DENIED;
  const allowed = places.filter(place => !removed.has(place.node));
  const open = node.selectionSet === undefined ? allowed.map(({ tests }) => tests) : [];
  const isAlone = denied.length === 1 && allowed.length === 0;
  const certain = isAlone ? denied : denied.filter(({ when }) => when.length === 0);
  if (open.length > 0 || certain.length === 0) {
    // The same place may come up under no condition: then there is nothing that variables could decide.
    return open.some(tests => tests.length === 0)
      ? NOT_DENIED
      : { kind: 'sometimes', denial: { removed: denied, open } };
  }
  return { kind: 'always', lost: distinct(certain.flatMap(({ lost }) => lost)) };
}

/** What the answer says in place of a field with these variables; null where it has its value. */
export function lostAt(
  { removed, open }: FieldDenial,
  variables: Readonly<Record<string, unknown>>,
): readonly DeniedField[] | null {
  const asked = removed.filter(({ when }) => holds(when, variables));
  if (asked.length === 0 || open.some(tests => holds(tests, variables))) return null;
  return distinct(asked.flatMap(({ lost }) => lost));
}

/** One error for each place, whichever of its reasons comes first. */
function distinct(lost: readonly DeniedField[]): readonly DeniedField[] {
  if (lost.length < 2) return lost;
  const byPath = new Map<string, DeniedField>();
  for (const field of lost) {
    const key = JSON.stringify(field.path);
    if (!byPath.has(key)) byPath.set(key, field);
  }
  return [...byPath.values()];
}
