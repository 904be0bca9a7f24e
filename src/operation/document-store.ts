import type { DocumentNode } from 'graphql';
import { Lru } from '../shared/lru.ts';

/** Apollo Server's port for parsed and validated documents. */
export interface DocumentStore {
  get(key: string): Promise<DocumentNode | undefined>;
  set(key: string, document: DocumentNode): Promise<void>;
  delete(key: string): Promise<boolean>;
}

/** What one document weighs beyond its text, so that many tiny ones cannot fill memory either. */
const OVERHEAD = 256;

/** @param maxBytes bound on the text of the documents kept (their trees take some twenty times as much). */
export function createDocumentStore(maxBytes: number): DocumentStore {
  const documents = new Lru<string, DocumentNode>(maxBytes);
  return {
    get: async key => documents.get(key),
    set: async (key, document) => documents.set(key, document, OVERHEAD + (document.loc?.end ?? 0)),
    delete: async key => documents.delete(key),
  };
}
