import { type ASTNode, type DocumentNode, type Location, visit } from 'graphql';
import { documentBytes } from '../shared/document-bytes.ts';
import { Lru } from '../shared/lru.ts';

/** Apollo Server's port for parsed and validated documents. */
export interface DocumentStore {
  get(key: string): Promise<DocumentNode | undefined>;
  set(key: string, document: DocumentNode): Promise<void>;
  delete(key: string): Promise<boolean>;
}

/** @param maxBytes bound on the memory of the documents kept, as estimated from their length. */
export function createDocumentStore(maxBytes: number): DocumentStore {
  const documents = new Lru<string, DocumentNode>(maxBytes);
  return {
    get: async key => documents.get(key),
    async set(key, document) {
      visit(document, { enter: node => dropTokens(node) });
      documents.set(key, document, documentBytes(document));
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
