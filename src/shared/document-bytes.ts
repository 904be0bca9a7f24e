import type { DocumentNode } from 'graphql';

/** Measured on operations of 40 to 4,000 characters. */
const BYTES_PER_DOCUMENT = 1_000;
const BYTES_PER_CHARACTER = 50;

/** Heap that a parsed document takes without its tokens, as estimated from the length of its text. */
export function documentBytes({ loc }: DocumentNode): number {
  return BYTES_PER_DOCUMENT + BYTES_PER_CHARACTER * (loc?.end ?? 0);
}
