import { getNamedType } from 'graphql';
import { mayHold, type Variables } from './condition.ts';
import type { FieldRules, RestrictionAt } from './field-restrictions.ts';
import type { SelectedField, SelectedFields } from './selected-fields.ts';

/** A field than which no other says less about how long an answer may be kept, or that makes it the caller's own. */
export interface DecidingField {
  readonly coordinate: string;
  /** Present where no field has less, ms. */
  readonly maxAgeMs?: number;
  readonly scope?: 'PRIVATE';
  /** What says so: the field, the type that it answers with, a default, or authorization. Absent: what it is computed from, or may be. */
  readonly by?: string;
}

interface Deciding {
  readonly rules: FieldRules;
  readonly restrictionAt: RestrictionAt;
}

const MOST = 10;

/** Of those that may be in the answer by the coerced variables, the first ten; the shortest-lived come first. */
export function decidingFields(
  fields: SelectedFields,
  variables: Variables,
  { rules, restrictionAt }: Deciding,
): readonly DecidingField[] {
  const selected = [...fields].flatMap(([condition, some]) => (mayHold(condition, variables) ? some : []));
  const said = selected.map(one => ({ one, ...restrictionAt(one.parent, one.field) }));
  const shortestMs = said.reduce((least, { freshMs }) => Math.min(least, freshMs), Number.POSITIVE_INFINITY);
  const found = new Map<string, DecidingField>();
  const add = (field: DecidingField): void => {
    found.set(JSON.stringify(field), field);
  };
  if (shortestMs < Number.POSITIVE_INFINITY)
    for (const { one, freshMs } of said)
      if (freshMs === shortestMs)
        add({ coordinate: coordinateOf(one), maxAgeMs: freshMs, ...timedBy(one, freshMs, rules) });
  for (const { one, isPrivate } of said)
    if (isPrivate) add({ coordinate: coordinateOf(one), scope: 'PRIVATE', ...privateBy(one, rules) });
  return [...found.values()].slice(0, MOST);
}

function coordinateOf({ parent, field }: SelectedField): string {
  return `${parent.name}.${field.name}`;
}

type By = Pick<DecidingField, 'by'>;

function timedBy(one: SelectedField, freshMs: number, { hints, defaultMaxAgeMs }: FieldRules): By {
  const said = namesOf(one).find(name => hints.get(name)?.maxAge !== undefined);
  if (said !== undefined) return hints.get(said)?.maxAge === freshMs ? { by: said } : {};
  return freshMs === defaultMaxAgeMs ? { by: 'cache.defaultMaxAge' } : {};
}

function privateBy(one: SelectedField, { hints, isGuarded }: FieldRules): By {
  const said = namesOf(one).find(name => hints.get(name)?.scope !== undefined);
  if (said !== undefined) return hints.get(said)?.scope === 'PRIVATE' ? { by: said } : {};
  return isGuarded(one.parent.name, one.field.name) ? { by: 'authorization' } : {};
}

/** What may say something of a field; what comes first goes before. */
function namesOf(one: SelectedField): readonly string[] {
  return [coordinateOf(one), getNamedType(one.field.type).name];
}
