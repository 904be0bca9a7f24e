import type { z } from 'zod';

/** What a setting has to be, in words of YAML. */
const KINDS: Readonly<Record<string, string>> = {
  array: 'a list, as in [a, b]',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'a group of keys, as in { key: value }',
  record: 'a map from names, as in { name: … }',
  string: 'text',
};

/** Why a value cannot be used, and what to write instead, where the schema itself does not say; undefined: as zod says. */
export function reasonOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === null)
        return `has nothing below it; write ${kindFor(issue)} there, or leave the key out`;
      return `must be ${kindFor(issue)}, not ${kindOf(issue.input)}`;
    case 'invalid_value':
      return `write one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `must ${sizeOf(issue.origin)} ${issue.inclusive === false ? 'more than' : 'at least'} ${counted(issue.minimum, issue.origin)}`;
    case 'too_big':
      return `must ${sizeOf(issue.origin)} ${issue.inclusive === false ? 'less than' : 'at most'} ${counted(issue.maximum, issue.origin)}`;
    case 'invalid_format':
      return issue.format === 'starts_with' ? `must start with "${issue['prefix']}"` : undefined;
    case 'invalid_union':
      return issue.input === undefined ? 'is missing' : reasonOfUnion(issue);
    default:
      return undefined;
  }
}

/** Of a value that is of none of the kinds it may be of. */
function reasonOfUnion({
  input,
  errors,
}: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidUnion>): string | undefined {
  const kinds = errors.map(([first]) =>
    first?.code === 'invalid_type' && first.path.length === 0
      ? (KINDS[first.expected] ?? first.expected)
      : null,
  );
  return kinds.includes(null) ? undefined : `must be ${kinds.join(' or ')}, not ${kindOf(input)}`;
}

function kindFor({ expected }: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidType>): string {
  return KINDS[expected] ?? expected;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a group of keys';
  if (typeof value === 'string') return 'text';
  return String(value);
}

function sizeOf(origin: string): string {
  return origin === 'string' || isMany(origin) ? 'have' : 'be';
}

function counted(number: number | bigint, origin: string): string {
  if (origin === 'string') return `${number} character${number === 1 ? '' : 's'}`;
  if (isMany(origin)) return number === 1 ? '1 entry' : `${number} entries`;
  return String(number);
}

function isMany(origin: string): boolean {
  return ['array', 'map', 'object', 'record', 'set'].includes(origin);
}
