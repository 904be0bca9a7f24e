import type { Json } from '../../shared/json.ts';
import type { Leaf } from './shape.ts';

const MAX_INT = 2_147_483_647;
const MIN_INT = -2_147_483_648;

// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly what JSON text must escape (RFC 8259, 7), and lone surrogates
const NEEDS_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/;

/** JSON text of a string. Most strings need no escapes; testing for that is cheaper than `JSON.stringify`. */
export function quote(text: string): string {
  return NEEDS_ESCAPE.test(text) ? JSON.stringify(text) : `"${text}"`;
}

/**
 * JSON text of a leaf by the result coercion of the GraphQL spec (3.5), without its conversions between
 * types, as a subgraph has made those already; undefined when the value is not of its type.
 */
export function writeLeaf(leaf: Leaf, value: Json): string | undefined {
  switch (leaf.kind) {
    case 'string':
      return typeof value === 'string' ? quote(value) : undefined;
    case 'id':
      if (typeof value === 'string') return quote(value);
      return Number.isInteger(value) ? `"${value}"` : undefined;
    case 'int':
      return Number.isInteger(value) && (value as number) <= MAX_INT && (value as number) >= MIN_INT
        ? `${value}`
        : undefined;
    case 'float':
      return typeof value === 'number' && Number.isFinite(value) ? `${value}` : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? `${value}` : undefined;
    case 'enum':
      return typeof value === 'string' && leaf.hasValue(value) ? `"${value}"` : undefined;
    case 'any':
      return typeof value === 'string' ? quote(value) : writeAny(value);
  }
}

/** Leaves in a value that may be a list of lists of them. */
export function countLeaves(value: Json | undefined): number {
  if (value === null || value === undefined) return 0;
  if (!Array.isArray(value)) return 1;
  let count = 0;
  for (const item of value) count += countLeaves(item);
  return count;
}

/** `JSON.parse` reads any depth, but `JSON.stringify` recurses: what it cannot write is of no type. */
function writeAny(value: Json): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
