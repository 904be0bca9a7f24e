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
 * A default value as a contract shows it. Values that hidden input fields have by default are left out, as
 * whoever resolves the field fills them in again; graphql-js writes them into every default value.
 */
export function visibleDefault(value: unknown, type: GraphQLInputType, kept: Selection): unknown {
  const nullable = getNullableType(type);
  if (isListType(nullable) && Array.isArray(value)) {
    return value.map(item => visibleDefault(item, nullable.ofType, kept));
  }
  if (isListType(nullable)) return visibleDefault(value, nullable.ofType, kept);
  if (!isInputObjectType(nullable) || !isObject(value)) return value;
  const fields = nullable.getFields();
  const shown = Object.entries(value).filter(([name, given]) => {
    return kept.get(nullable.name)?.has(name) || !isOwnDefault(given, fields[name]);
  });
  return Object.fromEntries(
    shown.map(([name, given]) => {
      const field = fields[name];
      return [name, field === undefined ? given : visibleDefault(given, field.type, kept)];
    }),
  );
}

/** The coordinate of something hidden that a default value names, or null. */
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
