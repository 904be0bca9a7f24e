import type { IncomingHttpHeaders } from 'node:http';
import { GraphQLError } from 'graphql';

/** Who is asking, as far as the gateway says. */
export interface Caller {
  /** Null: nobody in particular. */
  readonly id: string | null;
  readonly roles: ReadonlySet<string>;
}

/**
 * Reads what the gateway vouches for: x-user-id, and roles with commas between them, each percent-encoded. Where
 * others than the gateway can reach a subgraph, its requests must be signed, or anybody could be anybody.
 */
export function callerOf(headers: IncomingHttpHeaders): Caller {
  const id = readHeader(headers, 'x-user-id');
  const roles = readHeader(headers, 'x-user-roles').split(',');
  return {
    id: id === '' ? null : decode(id),
    roles: new Set(roles.filter(role => role !== '').map(decode)),
  };
}

/** For what nobody in particular can do. Throws UNAUTHENTICATED. */
export function requireId({ id }: Caller): string {
  if (id !== null) return id;
  throw new GraphQLError('Say who you are to do this', { extensions: { code: 'UNAUTHENTICATED' } });
}

function readHeader(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
