import type { RequestRule } from '../../config/header-rules.ts';
import { memberAt } from '../../shared/member-at.ts';
import { percentEncode } from '../fetch/percent-encode.ts';
import type { CallerFacts } from './caller-facts.ts';

export type InsertRule = NonNullable<RequestRule['insert']>;

/** The value for one caller; null: there is none. */
export type InsertedValue = (facts: CallerFacts) => string | null;

/** Compiles where the value of a header comes from. What a credential says is encoded as `x-user-id` is. */
export function compileInserted({ value, claim, from }: InsertRule): InsertedValue {
  if (value !== undefined) return () => value;
  if (claim !== undefined) return ({ claims }) => headerText(memberAt(claims, claim));
  return facts => headerText(from === undefined ? null : facts[from]);
}

/** Of a list its items, separated by commas; of what is neither text, number nor boolean nothing. */
function headerText(value: unknown): string | null {
  if (!Array.isArray(value)) return itemText(value);
  const items = value.map(itemText);
  // Half a list would say something else.
  return items.length === 0 || items.includes(null) ? null : items.join(',');
}

function itemText(value: unknown): string | null {
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)))
    return String(value);
  return typeof value === 'string' && value !== '' ? percentEncode(value) : null;
}
