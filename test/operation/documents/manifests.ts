import { createDocumentSet, type DocumentSet } from '../../../src/operation/documents/document-set.ts';
import { readManifest } from '../../../src/operation/documents/read-manifest.ts';

interface Operation {
  readonly id: unknown;
  readonly body: unknown;
  readonly name?: unknown;
  readonly type?: unknown;
}

/** Text of a manifest in Apollo's format. */
export function apollo(...operations: readonly Operation[]): string {
  return JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations });
}

/** A set of documents by their ids. */
export function setOf(documents: Readonly<Record<string, string>>): DocumentSet {
  return createDocumentSet([readManifest(JSON.stringify(documents), 'test.json')]);
}
