import { isRecord } from '../shared/is-record.ts';

/** A request for an operation, of which nothing has to be said. */
export interface OperationParams {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}

const NO_VARIABLES = Object.freeze({});

/** Null for a body that is no such request, or asks for more than that: Apollo Server has words for it. */
export function readParams(body: unknown): OperationParams | null {
  if (!isRecord(body)) return null;
  const { query, operationName = null, variables = null, extensions = null } = body;
  if (typeof query !== 'string' || (operationName !== null && typeof operationName !== 'string')) return null;
  if (extensions !== null && (!isRecord(extensions) || 'persistedQuery' in extensions)) return null;
  if (variables === null) return { query, operationName, variables: NO_VARIABLES };
  return isRecord(variables) ? { query, operationName, variables } : null;
}
