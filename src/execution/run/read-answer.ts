import { GatewayError } from '../../errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../shared/json.ts';
import { utf8Text } from '../../shared/utf8-text.ts';
import type { SubgraphReply } from '../fetch/subgraph-fetch.ts';

/** A subgraph's answer that has the form of a GraphQL response. */
export interface SubgraphAnswer {
  readonly data: JsonObject | null;
  readonly errors: readonly SubgraphError[];
  /** Whether there are more errors than were read, so that nobody knows what they are of. */
  readonly hasMoreErrors: boolean;
  readonly extensions: JsonObject | null;
  readonly reply: Pick<SubgraphReply, 'status' | 'headers'>;
  /** Whether a string in it may need escapes when it is written as JSON again. */
  readonly hasEscapes: boolean;
}

export interface SubgraphError {
  readonly message: string;
  readonly path: readonly (string | number)[] | null;
  readonly code: string | null;
}

/** Errors of one subgraph answer that are read; more say nothing new. */
const MAX_ERRORS_READ = 200;

/** Steps of an error's path: far deeper than documents may nest. */
const MAX_PATH = 500;

/**
 * Parses a reply. Each run parses its own copy, as it goes on to change it.
 * @throws GatewayError SUBGRAPH_UNAVAILABLE for a 5xx, SUBGRAPH_BAD_RESPONSE for what is no GraphQL response.
 */
export function readAnswer(reply: SubgraphReply, subgraph: string): SubgraphAnswer {
  if (reply.status >= 500) {
    throw new GatewayError('SUBGRAPH_UNAVAILABLE', {
      extensions: { subgraph, subgraphStatus: reply.status },
    });
  }
  // A redirect is never followed: it would send the request's headers to whatever place the subgraph names.
  if (reply.status >= 300 && reply.status < 400) throw badResponse(subgraph, reply);
  const text = utf8Text(reply.body);
  const answer = parseObject(text, reply, subgraph);
  const { data, errors } = answer;
  if (errors !== undefined && errors !== null && !Array.isArray(errors)) throw badResponse(subgraph, reply);
  const read = (errors ?? []).slice(0, MAX_ERRORS_READ).map(readError);
  // Without a backslash in the text there was nothing to escape, and there is nothing to escape again.
  const hasEscapes = text.includes('\\');
  const hasMoreErrors = (errors ?? []).length > read.length;
  const { extensions = null } = answer;
  const rest = {
    errors: read,
    hasMoreErrors,
    extensions: isJsonObject(extensions) ? extensions : null,
    reply,
    hasEscapes,
  };
  if (data === undefined || data === null) {
    if (read.length === 0) throw badResponse(subgraph, reply);
    return { data: null, ...rest };
  }
  if (!isJsonObject(data)) throw badResponse(subgraph, reply);
  return { data, ...rest };
}

function parseObject(text: string, reply: SubgraphReply, subgraph: string): JsonObject {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw badResponse(subgraph, reply, cause);
  }
  if (!isJsonObject(value)) throw badResponse(subgraph, reply);
  return value;
}

function badResponse(subgraph: string, reply: SubgraphReply, cause?: unknown): GatewayError {
  return new GatewayError('SUBGRAPH_BAD_RESPONSE', {
    extensions: { subgraph, ...(reply.status === 200 ? {} : { subgraphStatus: reply.status }) },
    cause,
  });
}

function readError(value: Json): SubgraphError {
  if (!isJsonObject(value)) return { message: '', path: null, code: null };
  const { message, path, extensions } = value;
  const code = isJsonObject(extensions) ? extensions['code'] : undefined;
  const usable = Array.isArray(path) && path.length > 0 && path.length <= MAX_PATH && path.every(isPathKey);
  return {
    message: typeof message === 'string' ? message : '',
    path: usable ? (path as (string | number)[]) : null,
    code: typeof code === 'string' ? code : null,
  };
}

function isPathKey(key: Json): boolean {
  return typeof key === 'string' || (Number.isSafeInteger(key) && (key as number) >= 0);
}
