import { isDeepStrictEqual } from 'node:util';
import {
  type GraphQLInputField,
  type GraphQLInputType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
} from 'graphql';
import type { Selection } from './select-by-tags.ts';

/**
 * The coordinate of something hidden that a default value names, or null. Hidden input fields with their own
 * default values are passed over: graphql-js writes them into every default value, shows none that the type
 * does not have, and whoever resolves the field fills them in again.
 */
export function hiddenInDefault(value: unknown, type: GraphQLInputType, kept: Selection): string | null {
  const nullable = getNullableType(type);
  if (value === null) return null;
  if (isListType(nullable)) {
    const items = Array.isArray(value) ? value : [value];
    return firstOf(items.map(item => hiddenInDefault(item, nullable.ofType, kept)));
  }
  const members = kept.get(nullable.name);
  if (isEnumType(nullable)) {
    const name = nullable.getValues().find(known => known.value === value)?.name;
    return name === undefined || members?.has(name) ? null : `${nullable.name}.${name}`;
  }
  if (!isInputObjectType(nullable) || !isObject(value)) return null;
  const fields = nullable.getFields();
  return firstOf(
    Object.entries(value).map(([name, given]) => {
      const field = fields[name];
      if (members?.has(name) && field !== undefined) return hiddenInDefault(given, field.type, kept);
      return isOwnDefault(given, field) ? null : `${nullable.name}.${name}`;
    }),
  );
}

function isOwnDefault(value: unknown, field: GraphQLInputField | undefined): boolean {
  return field?.defaultValue !== undefined && isDeepStrictEqual(value, field.defaultValue);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function firstOf(found: readonly (string | null)[]): string | null {
  return found.find(item => item !== null) ?? null;
}
