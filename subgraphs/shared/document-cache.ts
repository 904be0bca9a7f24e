import { type DocumentNode, GraphQLError, type GraphQLSchema, parse, validate } from 'graphql';

export type PreparedDocument =
  | { readonly kind: 'valid'; readonly document: DocumentNode }
  | { readonly kind: 'invalid'; readonly errors: readonly GraphQLError[] };

// A gateway sends a few hundred shapes; what comes beyond is not worth the memory.
const MOST_DOCUMENTS = 500;
// Stops a document of a million brackets before the parser has built a tree of it.
const MOST_TOKENS = 20_000;

function prepare(schema: GraphQLSchema, source: string): PreparedDocument {
  try {
    const document = parse(source, { maxTokens: MOST_TOKENS });
    const errors = validate(schema, document);
    return errors.length === 0 ? { kind: 'valid', document } : { kind: 'invalid', errors };
  } catch (error) {
    if (error instanceof GraphQLError) return { kind: 'invalid', errors: [error] };
    throw error;
  }
}

/**
 * Parses and validates each document once: a gateway sends the same few again and again. Forgets the least
 * recently used beyond 500, since callers choose what is kept here.
 */
export function createDocumentCache(schema: GraphQLSchema): (source: string) => PreparedDocument {
  const kept = new Map<string, PreparedDocument>();
  return source => {
    const prepared = kept.get(source) ?? prepare(schema, source);
    kept.delete(source);
    kept.set(source, prepared);
    if (kept.size > MOST_DOCUMENTS) {
      const [oldest] = kept.keys();
      if (oldest !== undefined) kept.delete(oldest);
    }
    return prepared;
  };
}
