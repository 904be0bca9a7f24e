import { GraphQLError, stripIgnoredCharacters } from 'graphql';

/** Of a registered document, and so of any text that could be one. */
export const MAX_DOCUMENT_LENGTH = 256 * 1024;

/**
 * A document without what GraphQL ignores: whitespace, commas, comments. Null when it is none, or too long to
 * be worth the look. Two documents with one normal form have the same tokens, hence the same meaning. Parsing
 * and printing would join a few more, but recurses, and this is for texts of which nothing is known yet.
 */
export function normalise(text: string): string | null {
  if (text.length > MAX_DOCUMENT_LENGTH) return null;
  try {
    return stripIgnoredCharacters(text);
  } catch (error) {
    if (error instanceof GraphQLError) return null;
    throw error;
  }
}
