import { GraphQLError } from 'graphql';
import { describe, expect, test } from 'vitest';
import { readDocumentRequest } from '../../../src/operation/documents/document-request.ts';
import { sha256 } from '../../../src/shared/hash.ts';

const HASH = sha256('{ a }');
const persistedQuery = (sha256Hash: unknown, version: unknown = 1): unknown => ({
  persistedQuery: { version, sha256Hash },
});

describe('the id of a document is read from', () => {
  test.each([
    ['documentId', { documentId: 'x' }, null, 'x'],
    ['documentId with the prefix of a hash', { documentId: `sha256:${HASH}` }, null, HASH],
    ['documentId with another prefix', { documentId: 'x-app:1' }, null, 'x-app:1'],
    ['id', { id: 'x' }, null, 'x'],
    ['doc_id', { doc_id: 'x' }, null, 'x'],
    ['the path', {}, 'x', 'x'],
    ['the persisted query extension', { extensions: persistedQuery(HASH) }, null, HASH],
    ['the extension as a URL has it', { extensions: JSON.stringify(persistedQuery(HASH)) }, null, HASH],
    ['several that agree', { documentId: `sha256:${HASH}`, id: HASH.toUpperCase() }, HASH, HASH],
    ['nothing', { documentId: null, id: undefined, extensions: {} }, null, null],
    ['nothing when the extension is of another kind', { extensions: { other: 1 } }, null, null],
  ])('%s', (_name, params, path, id) => {
    expect(readDocumentRequest(params, path).id).toBe(id);
  });
});

test('only the extension makes it an automatic persisted query', () => {
  expect(readDocumentRequest({ extensions: persistedQuery(HASH), id: HASH }, null).isApq).toBe(true);
  expect(readDocumentRequest({ id: HASH }, HASH).isApq).toBe(false);
});

test('text and name of the operation are read, and nothing is none', () => {
  const request = readDocumentRequest({ query: '{ a }', operationName: 'n'.repeat(300) }, null);
  expect(request).toEqual({ text: '{ a }', id: null, isApq: false, name: 'n'.repeat(256) });
  for (const query of [null, undefined, '']) {
    expect(readDocumentRequest({ query, operationName: 7 }, null)).toMatchObject({ text: null, name: null });
  }
});

describe('a request is refused for', () => {
  test.each([
    ['two ids', { documentId: 'a', id: 'b' }, null],
    ['an id and another in the path', { documentId: 'a' }, 'b'],
    ['a hash and another id', { extensions: persistedQuery(HASH), doc_id: 'b' }, null],
    ['an id that is a number', { id: 1 }, null],
    ['an id that is false', { documentId: false }, null],
    ['an id that is a list, as of a parameter given twice', { documentId: ['a', 'a'] }, null],
    ['an empty id', { documentId: '' }, null],
    ['an empty path', {}, ''],
    ['an id that is too long', { id: 'x'.repeat(257) }, null],
    ['a query that is no text', { query: { kind: 'Document' } }, null],
    ['another version of the extension', { extensions: persistedQuery(HASH, 2) }, null],
    ['a version as text', { extensions: persistedQuery(HASH, '1') }, null],
    ['an extension without a hash', { extensions: { persistedQuery: { version: 1 } } }, null],
    ['a hash that is no text', { extensions: persistedQuery([HASH]) }, null],
    ['an extension that is no object', { extensions: { persistedQuery: true } }, null],
    ['extensions that are not JSON', { extensions: '{' }, null],
  ])('%s', (_name, params, path) => {
    const refused = (): unknown => readDocumentRequest(params, path);
    expect(refused).toThrow(GraphQLError);
    expect(refused).toThrow(
      expect.objectContaining({ extensions: { code: 'BAD_REQUEST', http: { status: 400 } } }),
    );
  });
});
