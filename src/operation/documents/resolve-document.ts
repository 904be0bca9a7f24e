import { GatewayError } from '../../errors.ts';
import type { Clock } from '../../shared/clock.ts';
import type { ApqStore } from './apq-store.ts';
import { isHashOf, isSha256 } from './document-id.ts';
import type { DocumentRequest } from './document-request.ts';
import type { DocumentSet } from './document-set.ts';
import { longestLayout, normalise } from './normalise.ts';
import type { PersistedDocument } from './read-manifest.ts';
import { badRequest, persistedQueryNotFound, persistedQueryNotSupported } from './refusals.ts';
import { boundedReports } from './report-unknown.ts';

export type DocumentMode = 'free' | 'log-unknown' | 'safelist' | 'ids-only';

/** The document that is run for a request. */
export interface ResolvedDocument {
  /** Of a registered document always its registered text, so that caches and plans are shared. */
  readonly text: string;
  /** Of the registered document; null for any other. */
  readonly id: string | null;
  readonly known: boolean;
  /** What to give to {@link ApqStore.remember} once the document has turned out to be valid. */
  readonly register: { readonly hash: string } | null;
}

/** How one persona's requests say what is run. */
export interface DocumentRules {
  /** @throws GraphQLError with status and code; the request must not run. */
  resolve(request: DocumentRequest): ResolvedDocument;
}

interface DocumentRulesInput {
  readonly mode: DocumentMode;
  readonly set: DocumentSet;
  /** Null: off. Only free and log-unknown have it, whatever is given. */
  readonly apq: ApqStore | null;
  /** Of log-unknown: a document that no manifest has, with the operation's name as the client gave it. */
  readonly onUnknown: (text: string, name: string | null) => void;
  readonly clock: Clock;
}

export function compileDocumentRules({ mode, ...input }: DocumentRulesInput): DocumentRules {
  const { set, apq } = input;
  if (mode === 'ids-only') return { resolve: request => registered(request, set, requireId) };
  if (mode === 'safelist') return { resolve: request => registered(request, set, requireListed) };
  if (mode === 'free') return { resolve: request => free(request, set, apq) };
  const report = boundedReports(input.onUnknown, input.clock);
  return {
    resolve(request) {
      const resolved = free(request, set, apq);
      if (!resolved.known) report(resolved.text, request.name);
      return resolved;
    },
  };
}

/** Registered documents only: by id, or else as the mode deals with a text. */
function registered(
  { text, id }: DocumentRequest,
  set: DocumentSet,
  byText: (text: string, set: DocumentSet) => PersistedDocument,
): ResolvedDocument {
  if (id === null) return known(byText(text ?? missing(), set));
  const document = set.byId(id);
  if (document === undefined) throw notFound();
  if (text === null || isSame(text, document)) return known(document);
  throw required('The text sent along is not that of the document under this id. Send the id only.');
}

function requireId(): never {
  throw required('Only registered documents are run here, by their id. Send the id of one.');
}

function requireListed(text: string, set: DocumentSet): PersistedDocument {
  const document = set.byText(text);
  if (document === undefined) throw required();
  return document;
}

/** Any document; the ids of manifests and, where they are on, automatic persisted queries work too. */
function free(request: DocumentRequest, set: DocumentSet, apq: ApqStore | null): ResolvedDocument {
  const { text, id } = request;
  const document = id === null ? set.byText(text ?? missing()) : set.byId(id);
  if (document === undefined) return unregistered(request, apq);
  if (id === null || text === null || isSame(text, document)) return known(document);
  // Whoever runs the one or the other would surprise somebody, such as a cache that keeps answers by id.
  throw badRequest('The text sent along is not that of the document under this id.');
}

function unregistered({ text, id, isApq }: DocumentRequest, apq: ApqStore | null): ResolvedDocument {
  if (text === null) return remembered(id ?? missing(), isApq, apq);
  if (id === null) return unknown(text, null);
  if ((isApq || isSha256(id)) && !isHashOf(id, text)) throw badRequest('provided sha does not match query');
  const isNew = isApq && apq !== null && apq.get(id) === undefined;
  return unknown(text, isNew ? { hash: id } : null);
}

function remembered(id: string, isApq: boolean, apq: ApqStore | null): ResolvedDocument {
  if (!isApq) throw notFound();
  if (apq === null) throw persistedQueryNotSupported();
  const text = apq.get(id);
  if (text === undefined) throw persistedQueryNotFound();
  return unknown(text, null);
}

/** The text is the registered one, or differs from it in what GraphQL ignores. */
function isSame(text: string, document: PersistedDocument): boolean {
  if (text === document.text) return true;
  const maxLength = longestLayout(document.text.length);
  const form = normalise(text, maxLength);
  return form !== null && form === normalise(document.text, maxLength);
}

function known({ text, id }: PersistedDocument): ResolvedDocument {
  return { text, id, known: true, register: null };
}

function unknown(text: string, register: ResolvedDocument['register']): ResolvedDocument {
  return { text, id: null, known: false, register };
}

function missing(): never {
  throw badRequest('The request has no document: send its text as query, or its id.');
}

function notFound(): Error {
  return new GatewayError('PERSISTED_DOCUMENT_NOT_FOUND').toGraphQLError();
}

function required(message?: string): Error {
  const details = message === undefined ? {} : { message };
  return new GatewayError('PERSISTED_DOCUMENT_REQUIRED', details).toGraphQLError();
}
