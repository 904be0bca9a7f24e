import { type DirectiveNode, Kind } from 'graphql';

/** What `@skip` and `@include` say of a field and all that it stands in: variables and the values they need; all of them. */
export type Condition = readonly { readonly variable: string; readonly is: boolean }[];

export type Variables = Readonly<Record<string, unknown>>;

export const ALWAYS: Condition = Object.freeze([]);

/** Conditions with further ones on them; null: what can never be. */
export type Narrow = (
  condition: Condition,
  directives: readonly DirectiveNode[] | undefined,
) => Condition | null;

/** More different ones are no longer told apart. */
const MAX_CONDITIONS = 32;

/**
 * Equal conditions are one object. Beyond a bound fields count as if they were always there, which is the stricter
 * reading: what an operation may answer is never more than what all of its fields may.
 */
export function createNarrow(): Narrow {
  const known = new Map<string, Condition>([['', ALWAYS]]);
  return (condition, directives) => {
    if (directives === undefined || directives.length === 0) return condition;
    const needs = new Map(condition.map(({ variable, is }) => [variable, is]));
    for (const directive of directives) {
      const is = wantedValue(directive);
      const value = directive.arguments?.find(({ name }) => name.value === 'if')?.value;
      if (is === null || value === undefined) continue;
      if (value.kind === Kind.BOOLEAN && value.value !== is) return null;
      if (value.kind !== Kind.VARIABLE) continue;
      if (needs.get(value.name.value) === !is) return null;
      needs.set(value.name.value, is);
    }
    const narrowed = [...needs].map(([variable, is]) => Object.freeze({ variable, is }));
    const key = narrowed
      .map(({ variable, is }) => `${is ? '' : '!'}${variable}`)
      .sort()
      .join(' ');
    const same = known.get(key);
    if (same !== undefined) return same;
    if (known.size > MAX_CONDITIONS) return ALWAYS;
    known.set(key, Object.freeze(narrowed));
    return known.get(key) ?? ALWAYS;
  };
}

function wantedValue({ name }: DirectiveNode): boolean | null {
  if (name.value === 'include') return true;
  return name.value === 'skip' ? false : null;
}

/** Whether fields may be there. @param variables coerced; one that is missing leaves it open */
export function mayHold(condition: Condition, variables: Variables): boolean {
  return condition.every(
    ({ variable, is }) => !Object.hasOwn(variables, variable) || variables[variable] !== !is,
  );
}
