import { isRecord } from '../shared/is-record.ts';
import { quoted } from '../shared/quoted.ts';
import type { Audience } from './audience.ts';
import type { ChosenDocument } from './chosen-document.ts';
import { HttpProblem } from './problem.ts';

/** One operation as Apollo Server takes it: of a POST in `body`, of a GET in `search`. */
export interface OperationRequest {
  readonly body: unknown;
  /** With its question mark; empty for a POST. */
  readonly search: string;
}

export interface PreparedRequest {
  readonly request: OperationRequest;
  readonly document: ChosenDocument | null;
}

/** What there may be of a request besides its document. */
const KEPT = ['operationName', 'variables'] as const;

/**
 * Puts the text of the document in place of its id, where the audience has documents.
 * @throws GraphQLError when nothing may be run, HttpProblem when the request is none.
 */
export function prepareRequest(
  request: OperationRequest,
  { chooseDocument }: Pick<Audience, 'chooseDocument'>,
  pathId: string | null,
): PreparedRequest {
  if (chooseDocument === null) {
    if (pathId === null) return { request, document: null };
    throw new HttpProblem(404, 'Documents have no ids here: send the text as query.', { code: 'NOT_FOUND' });
  }
  if (request.search !== '' || pathId !== null) {
    const isGet = request.body === undefined || request.body === null;
    if (isGet) return prepareGet(request, chooseDocument, pathId);
  }
  const { body } = request;
  // Apollo Server has words for everything else that is no request.
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return { request, document: null };
  const params = body as Readonly<Record<string, unknown>>;
  const document = chooseDocument(params, pathId);
  const { extensions } = params;
  const chosen: Record<string, unknown> = { query: document.text };
  for (const name of KEPT) if (params[name] !== undefined) chosen[name] = params[name];
  if (extensions !== undefined) chosen['extensions'] = withoutPersistedQuery(extensions);
  return { request: { body: chosen, search: '' }, document };
}

function prepareGet(
  { search }: OperationRequest,
  chooseDocument: NonNullable<Audience['chooseDocument']>,
  pathId: string | null,
): PreparedRequest {
  const given = new URLSearchParams(search);
  refuseTwice(given);
  const document = chooseDocument(Object.fromEntries(given), pathId);
  const chosen = new URLSearchParams({ query: document.text });
  for (const name of KEPT) {
    const value = given.get(name);
    if (value !== null) chosen.set(name, value);
  }
  const extensions = given.get('extensions');
  // Text that is no JSON has been refused with the document.
  if (extensions) chosen.set('extensions', JSON.stringify(withoutPersistedQuery(JSON.parse(extensions))));
  return { request: { body: undefined, search: `?${chosen}` }, document };
}

/** Of several values one would be looked at here and perhaps another one by a cache on the way. */
function refuseTwice(given: URLSearchParams): void {
  const seen = new Set<string>();
  for (const name of given.keys()) {
    if (seen.has(name)) throw new HttpProblem(400, `Send the parameter ${quoted(name)} once.`);
    seen.add(name);
  }
}

/** It has been answered; Apollo Server would look for a document under its hash once more. */
function withoutPersistedQuery(extensions: unknown): unknown {
  if (!isRecord(extensions)) return extensions;
  const { persistedQuery: _, ...others } = extensions;
  return others;
}
