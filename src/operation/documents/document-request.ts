import { isRecord } from '../../shared/is-record.ts';
import { canonicalId, MAX_ID_LENGTH } from './document-id.ts';
import { badRequest } from './refusals.ts';

/** What a request says about its document. */
export interface DocumentRequest {
  /** Never empty. */
  readonly text: string | null;
  /** In its canonical spelling, whichever way it came. */
  readonly id: string | null;
  /** Whether the id came the way of automatic persisted queries, whose clients expect that protocol's answers. */
  readonly isApq: boolean;
  /** The request's `operationName`, shortened. It says what the client wants to run, not what the document is. */
  readonly name: string | null;
}

type Params = Readonly<Record<string, unknown>>;

/** What Apollo, GraphQL over HTTP and Relay (twice) call it. */
const ID_PARAMETERS = ['documentId', 'id', 'doc_id'] as const;

/**
 * Reads the document of a request from its parameters: the members of a POST's body, or the query of a URL,
 * where `extensions` is JSON text. An absent, null or empty `query` is none.
 * @param pathId what follows the endpoint in the URL's path, decoded.
 * @throws GraphQLError BAD_REQUEST
 */
export function readDocumentRequest(params: Params, pathId: string | null): DocumentRequest {
  const apqId = persistedQueryOf(params['extensions']);
  const sources: [string, unknown][] = ID_PARAMETERS.map(name => [name, params[name]]);
  sources.push(['extensions.persistedQuery.sha256Hash', apqId], ['The id in the path', pathId]);
  let id: string | null = null;
  for (const [name, value] of sources) {
    const found = readId(name, value);
    if (id !== null && found !== null && id !== found) {
      throw badRequest('The request names two different documents. Send one id.');
    }
    id ??= found;
  }
  return {
    text: readText(params['query']),
    id,
    isApq: apqId !== null,
    name: readName(params['operationName']),
  };
}

function readText(query: unknown): string | null {
  if (query === undefined || query === null || query === '') return null;
  if (typeof query === 'string') return query;
  throw badRequest('query is not text. Send the document as a string.');
}

function readName(name: unknown): string | null {
  return typeof name === 'string' && name !== '' ? name.slice(0, MAX_ID_LENGTH) : null;
}

function readId(name: string, value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string' || value === '') {
    throw badRequest(`${name} is not text. Send the id of a document as a string.`);
  }
  if (value.length > MAX_ID_LENGTH) throw badRequest(`${name} is longer than ${MAX_ID_LENGTH} characters.`);
  return canonicalId(value);
}

/** The hash of `{"persistedQuery": {"version": 1, "sha256Hash": …}}`; null when there is no such extension. */
function persistedQueryOf(extensions: unknown): unknown {
  const read = typeof extensions === 'string' && extensions !== '' ? parseJson(extensions) : extensions;
  if (!isRecord(read)) return null;
  const persisted = read['persistedQuery'];
  if (persisted === undefined || persisted === null) return null;
  if (!isRecord(persisted)) throw badRequest('extensions.persistedQuery is not an object.');
  if (persisted['version'] !== 1) throw badRequest('Unsupported persisted query version. Send version 1.');
  // An absent hash is as wrong as a number: the extension is nothing else.
  return persisted['sha256Hash'] ?? '';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest('extensions is not JSON.');
  }
}
