import type { GraphQLError } from 'graphql';
import { describe, expect, test } from 'vitest';
import { type ApqStore, createApqStore } from '../../../src/operation/documents/apq-store.ts';
import { readDocumentRequest } from '../../../src/operation/documents/document-request.ts';
import type { DocumentSet } from '../../../src/operation/documents/document-set.ts';
import {
  compileDocumentRules,
  type DocumentMode,
  type DocumentRules,
  type ResolvedDocument,
} from '../../../src/operation/documents/resolve-document.ts';
import { sha256 } from '../../../src/shared/hash.ts';
import { setOf } from './manifests.ts';

const ME = 'query Me { me { id } }';
const SPACED = 'query Me\n{\n  me { id } # me\n}\n';
const OTHER = 'query Other { me { name } }';
const set = setOf({ me: ME, [sha256('{ hashed }')]: '{ hashed }' });

interface Given {
  readonly documents?: DocumentSet;
  readonly apq?: ApqStore;
  readonly onUnknown?: (text: string, name: string | null) => void;
}

function rulesOf(
  mode: DocumentMode,
  { documents = set, apq, onUnknown = () => {} }: Given = {},
): DocumentRules {
  const clock = { now: () => 0, elapsed: () => 0 };
  return compileDocumentRules({ mode, set: documents, apq: apq ?? null, onUnknown, clock });
}

type Params = Readonly<Record<string, unknown>>;

function resolve(rules: DocumentRules, params: Params): ResolvedDocument {
  return rules.resolve(readDocumentRequest(params, null));
}

/** Code and status of the refusal. */
function refusalOf(rules: DocumentRules, params: Params): string {
  try {
    resolve(rules, params);
  } catch (error) {
    const { code, http } = (error as GraphQLError).extensions;
    return `${code} ${(http as { status: number }).status}`;
  }
  throw new Error('the request was accepted');
}

const persistedQuery = (sha256Hash: string): Params => ({
  extensions: { persistedQuery: { version: 1, sha256Hash } },
});

const REGISTERED = { text: ME, id: 'me', known: true, register: null };
const MODES: readonly DocumentMode[] = ['free', 'log-unknown', 'safelist', 'ids-only'];

describe.each(MODES)('in mode %s', mode => {
  const rules = rulesOf(mode);

  test.each<[string, Params]>([
    ['id', { id: 'me' }],
    ['documentId', { documentId: 'me' }],
    ['doc_id', { doc_id: 'me' }],
    ['persisted query extension', persistedQuery('me')],
    ['hash', { documentId: `sha256:${sha256(ME)}` }],
    ['hash in the persisted query extension', persistedQuery(sha256(ME))],
    ['id along with its text', { id: 'me', query: ME }],
    ['id along with its text in another layout', { id: 'me', query: SPACED }],
  ])('a registered document is run by %s', (_name, params) => {
    expect(resolve(rules, params)).toEqual(REGISTERED);
  });

  test('an unknown id is refused', () => {
    expect(refusalOf(rules, { id: 'you' })).toBe('PERSISTED_DOCUMENT_NOT_FOUND 404');
    expect(refusalOf(rules, { id: '__proto__' })).toBe('PERSISTED_DOCUMENT_NOT_FOUND 404');
  });

  test('a request without any document is no request', () => {
    expect(refusalOf(rules, {})).toBe('BAD_REQUEST 400');
  });
});

describe.each<DocumentMode>(['free', 'log-unknown'])('in mode %s', mode => {
  const rules = rulesOf(mode);

  test('any text is run, and a registered one in its registered form', () => {
    expect(resolve(rules, { query: OTHER })).toEqual({ text: OTHER, id: null, known: false, register: null });
    expect(resolve(rules, { query: SPACED })).toEqual(REGISTERED);
  });

  test('a text that is no GraphQL is left to the parser', () => {
    expect(resolve(rules, { query: '{' }).text).toBe('{');
  });

  test('an id and the text of another document contradict each other', () => {
    expect(refusalOf(rules, { id: 'me', query: OTHER })).toBe('BAD_REQUEST 400');
    expect(refusalOf(rules, { id: sha256(ME), query: OTHER })).toBe('BAD_REQUEST 400');
  });

  test('a text whose id is not registered yet is run, if that is not a wrong hash', () => {
    expect(resolve(rules, { id: 'soon', query: OTHER })).toMatchObject({ text: OTHER, id: null });
    expect(resolve(rules, { documentId: `sha256:${sha256(OTHER)}`, query: OTHER }).register).toBeNull();
    expect(refusalOf(rules, { id: sha256('{ x }'), query: OTHER })).toBe('BAD_REQUEST 400');
  });

  describe('automatic persisted queries', () => {
    test('register a document once it is known to be valid, and run it by its hash from then on', () => {
      const apq = createApqStore();
      const own = rulesOf(mode, { apq });
      const hash = sha256(OTHER);
      expect(refusalOf(own, persistedQuery(hash))).toBe('PERSISTED_QUERY_NOT_FOUND 200');
      const first = resolve(own, { ...persistedQuery(hash), query: OTHER });
      expect(first).toEqual({ text: OTHER, id: null, known: false, register: { hash } });
      expect(refusalOf(own, persistedQuery(hash))).toBe('PERSISTED_QUERY_NOT_FOUND 200');
      apq.remember(hash, first.text);
      expect(resolve(own, persistedQuery(hash))).toEqual({ ...first, register: null });
      expect(resolve(own, { ...persistedQuery(hash), query: OTHER }).register).toBeNull();
    });

    test('never give a hash another text', () => {
      const apq = createApqStore();
      const own = rulesOf(mode, { apq });
      for (const query of [`${OTHER} `, '{ evil }', '{ a(s: "\ud800") }']) {
        const hash = query.includes('\ud800') ? sha256(query) : sha256(OTHER);
        expect(refusalOf(own, { ...persistedQuery(hash), query })).toBe('BAD_REQUEST 400');
        expect(() => apq.remember(hash, query)).toThrow(RangeError);
        expect(apq.get(hash)).toBeUndefined();
      }
    });

    test('answer by the extension only', () => {
      const apq = createApqStore();
      apq.remember(sha256(OTHER), OTHER);
      expect(refusalOf(rulesOf(mode, { apq }), { id: sha256(OTHER) })).toBe(
        'PERSISTED_DOCUMENT_NOT_FOUND 404',
      );
    });

    test('do not reach what clients of another persona have registered', () => {
      const [mine, theirs] = [createApqStore(), createApqStore()];
      mine.remember(sha256(OTHER), OTHER);
      const answer = refusalOf(rulesOf(mode, { apq: theirs }), persistedQuery(sha256(OTHER)));
      expect(answer).toBe('PERSISTED_QUERY_NOT_FOUND 200');
    });

    test('are refused in the words of the protocol when they are off, but a full request is run', () => {
      expect(refusalOf(rules, persistedQuery(sha256(OTHER)))).toBe('PERSISTED_QUERY_NOT_SUPPORTED 200');
      const full = { ...persistedQuery(sha256(OTHER)), query: OTHER };
      expect(resolve(rules, full)).toMatchObject({ text: OTHER, register: null });
      expect(refusalOf(rules, { ...full, query: '{ x }' })).toBe('BAD_REQUEST 400');
    });

    test('say with which message they failed, which clients compare', () => {
      const by = (apq?: ApqStore): DocumentRules => rulesOf(mode, apq === undefined ? {} : { apq });
      const ask = persistedQuery(sha256(OTHER));
      expect(() => resolve(by(createApqStore()), ask)).toThrow(/^PersistedQueryNotFound$/);
      expect(() => resolve(by(), ask)).toThrow(/^PersistedQueryNotSupported$/);
      const mismatch = { ...ask, query: '{ x }' };
      expect(() => resolve(by(), mismatch)).toThrow(/^provided sha does not match query$/);
    });
  });
});

describe('log-unknown', () => {
  test('reports what no manifest has, once', () => {
    const reported: [string, string | null][] = [];
    const rules = rulesOf('log-unknown', { onUnknown: (text, name) => reported.push([text, name]) });
    resolve(rules, { query: SPACED });
    resolve(rules, { id: 'me' });
    for (let time = 0; time < 3; time++) resolve(rules, { query: OTHER, operationName: 'Other' });
    resolve(rules, { ...persistedQuery(sha256('{ x }')), query: '{ x }' });
    expect(reported).toEqual([
      [OTHER, 'Other'],
      ['{ x }', null],
    ]);
  });

  test('is the only mode that reports', () => {
    const reported: string[] = [];
    for (const mode of MODES.filter(name => name !== 'log-unknown')) {
      const rules = rulesOf(mode, { onUnknown: text => reported.push(text) });
      try {
        resolve(rules, { query: OTHER });
      } catch {
        // Refused, as it has to be.
      }
    }
    expect(reported).toEqual([]);
  });
});

describe.each<DocumentMode>(['safelist', 'ids-only'])('in mode %s', mode => {
  const apq = createApqStore();
  apq.remember(sha256(OTHER), OTHER);
  const rules = rulesOf(mode, { apq });

  test.each([OTHER, '{', '', ' ', '{ me { id } }', `${ME} query B { b }`, `${ME} #`.repeat(20_000)])(
    'what is not registered is not run: %.40j',
    query => {
      const expected = query === '' ? 'BAD_REQUEST 400' : 'PERSISTED_DOCUMENT_REQUIRED 403';
      expect(refusalOf(rules, { query })).toBe(expected);
    },
  );

  test('the id of one document does not bring in another', () => {
    expect(refusalOf(rules, { id: 'me', query: OTHER })).toBe('PERSISTED_DOCUMENT_REQUIRED 403');
    expect(refusalOf(rules, { id: 'me', query: '{ hashed }' })).toBe('PERSISTED_DOCUMENT_REQUIRED 403');
    const long = `${ME}${' '.repeat(5_000)}`;
    expect(refusalOf(rules, { id: 'me', query: long })).toBe('PERSISTED_DOCUMENT_REQUIRED 403');
    expect(refusalOf(rules, { id: 'me', query: '{' })).toBe('PERSISTED_DOCUMENT_REQUIRED 403');
  });

  test('automatic persisted queries do not exist, even if a store is given', () => {
    const notFound = 'PERSISTED_DOCUMENT_NOT_FOUND 404';
    expect(refusalOf(rules, persistedQuery(sha256(OTHER)))).toBe(notFound);
    expect(refusalOf(rules, { ...persistedQuery(sha256(OTHER)), query: OTHER })).toBe(notFound);
    expect(refusalOf(rules, { ...persistedQuery(sha256('{ new }')), query: '{ new }' })).toBe(notFound);
  });

  test('nothing is run when nothing is registered', () => {
    const empty = rulesOf(mode, { documents: setOf({}) });
    expect(refusalOf(empty, { query: ME })).toBe('PERSISTED_DOCUMENT_REQUIRED 403');
    expect(refusalOf(empty, { id: 'me' })).toBe('PERSISTED_DOCUMENT_NOT_FOUND 404');
  });
});

test('a safelist runs the registered text for one in another layout', () => {
  expect(resolve(rulesOf('safelist'), { query: ME })).toEqual(REGISTERED);
  expect(resolve(rulesOf('safelist'), { query: SPACED })).toEqual(REGISTERED);
});

test('ids only means that a registered text alone is refused too', () => {
  expect(refusalOf(rulesOf('ids-only'), { query: ME })).toBe('PERSISTED_DOCUMENT_REQUIRED 403');
});
