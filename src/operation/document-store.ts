import { type ASTNode, type DocumentNode, type Location, visit } from 'graphql';
import { Lru } from '../shared/lru.ts';

/** Apollo Server's port for parsed and validated documents. */
export interface DocumentStore {
  get(key: string): Promise<DocumentNode | undefined>;
  set(key: string, document: DocumentNode): Promise<void>;
  delete(key: string): Promise<boolean>;
}

/** Heap that a document takes without its tokens, measured on operations of 40 to 4,000 characters. */
const BYTES_PER_DOCUMENT = 1_000;
const BYTES_PER_CHARACTER = 50;

/** @param maxBytes bound on the memory of the documents kept, as estimated from their length. */
export function createDocumentStore(maxBytes: number): DocumentStore {
  const documents = new Lru<string, DocumentNode>(maxBytes);
  return {
    get: async key => documents.get(key),
    async set(key, document) {
      const length = document.loc?.end ?? 0;
      visit(document, { enter: node => dropTokens(node) });
      documents.set(key, document, BYTES_PER_DOCUMENT + BYTES_PER_CHARACTER * length);
    },
    delete: async key => documents.delete(key),
  };
}

/** Half of a parsed document are the tokens that its locations point to. Errors need line and column only. */
function dropTokens({ loc }: ASTNode): void {
  if (loc === undefined) return;
  // Deleting the properties would cost more memory than it frees: objects without their shape are maps.
  const location: { -readonly [K in keyof Location]?: Location[K] | undefined } = loc;
  location.startToken = undefined;
  location.endToken = undefined;
}
