import { GraphQLError, stripIgnoredCharacters } from 'graphql';

/** Of a registered document, and so of any text that could be one. */
export const MAX_DOCUMENT_LENGTH = 256 * 1024;

/** What layout and comments may add to a document, in multiples of it: looking costs time, and anybody may ask. */
const LAYOUT = 8;
const LAYOUT_LENGTH = 4 * 1024;

/** How long a text may be that says the same as a registered one of some length. */
export function longestLayout(length: number): number {
  return Math.min(MAX_DOCUMENT_LENGTH, LAYOUT * length + LAYOUT_LENGTH);
}

/**
 * A document without what GraphQL ignores: whitespace, commas, comments. Null when it is none, or too long to
 * be worth the look. Two documents with one normal form have the same tokens, hence the same meaning. Parsing
 * and printing would join a few more, but recurses, and this is for texts of which nothing is known yet.
 */
export function normalise(text: string, maxLength: number): string | null {
  if (text.length > maxLength) return null;
  try {
    return stripIgnoredCharacters(text);
  } catch (error) {
    if (error instanceof GraphQLError) return null;
    throw error;
  }
}
