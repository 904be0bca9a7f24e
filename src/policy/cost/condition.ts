import { type DirectiveNode, Kind } from 'graphql';
import type { Json } from '../../shared/json.ts';

/** Tests of `@skip` and `@include` on variables, from the inside out; all must hold. */
export interface Condition {
  readonly variable: string;
  readonly equals: boolean;
  /** Value of the variable where it is not given. */
  readonly fallback: boolean;
  readonly above: Condition | null;
}

/** `null`: always. Otherwise one of them must hold. */
export type Inclusion = readonly Condition[] | null;

type Variables = Readonly<Record<string, Json | undefined>>;

export function isIncluded(inclusion: Inclusion, variables: Variables): boolean {
  if (inclusion === null) return true;
  for (const condition of inclusion) if (holds(condition, variables)) return true;
  return false;
}

function holds(condition: Condition, variables: Variables): boolean {
  for (let test: Condition | null = condition; test !== null; test = test.above) {
    const value = variables[test.variable];
    // Null is given, and no default takes its place: what is fetched and written goes by it, too.
    if (((value === undefined ? test.fallback : value) === true) !== test.equals) return false;
  }
  return true;
}

/** The conditions of one operation. Equal ones are one object, so that they can be compared. */
export class Conditions {
  readonly #below = new Map<Condition | null, Map<string, Condition>>();
  readonly #fallbackOf: (variable: string) => boolean;

  constructor(fallbackOf: (variable: string) => boolean) {
    this.#fallbackOf = fallbackOf;
  }

  /** What must hold here; `never` where that cannot be. */
  at(above: Condition | null, directives: readonly DirectiveNode[]): Condition | null | 'never' {
    let all = above;
    for (const { name, arguments: given } of directives) {
      if (name.value !== 'skip' && name.value !== 'include') continue;
      const equals = name.value === 'include';
      const value = given?.find(argument => argument.name.value === 'if')?.value;
      if (value?.kind === Kind.BOOLEAN && value.value !== equals) return 'never';
      if (value?.kind !== Kind.VARIABLE) continue;
      const known = find(all, value.name.value);
      if (known === null) all = this.#and(all, value.name.value, equals);
      else if (known.equals !== equals) return 'never';
    }
    return all;
  }

  #and(above: Condition | null, variable: string, equals: boolean): Condition {
    const siblings = this.#below.get(above) ?? new Map<string, Condition>();
    this.#below.set(above, siblings);
    const key = `${equals} ${variable}`;
    const known = siblings.get(key);
    if (known !== undefined) return known;
    const condition = { variable, equals, fallback: this.#fallbackOf(variable), above };
    siblings.set(key, condition);
    return condition;
  }
}

function find(condition: Condition | null, variable: string): Condition | null {
  for (let test = condition; test !== null; test = test.above) if (test.variable === variable) return test;
  return null;
}

export function printInclusion(inclusion: readonly Condition[]): string {
  return inclusion.map(printCondition).join(' or ');
}

function printCondition(condition: Condition): string {
  const tests: string[] = [];
  for (let test: Condition | null = condition; test !== null; test = test.above) {
    tests.unshift(`${test.equals ? '' : 'not '}$${test.variable}`);
  }
  return tests.join(' and ');
}
