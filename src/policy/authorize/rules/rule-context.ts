import type { IncomingHttpHeaders } from 'node:http';
import type { GraphQLResolveInfo } from 'graphql';
import type { Caller } from '../../../http/caller.ts';

/** The third argument of a rule. Frozen; one a request. */
export interface RuleContext {
  readonly caller: Caller;
  readonly headers: RuleHeaders;
  readonly request: RuleRequest;
}

/** What the client sent, unverified: nothing that a right may rest on. */
export interface RuleHeaders {
  /** @param name in any case. */
  get(name: string): string | null;
  has(name: string): boolean;
}

export interface RuleRequest {
  readonly id: string;
  readonly operationName: string | null;
  readonly operationKind: 'query' | 'mutation' | 'subscription';
}

/** The fourth argument: what of a resolver's info is known where there are no resolvers. */
export type RuleInfo = Pick<
  GraphQLResolveInfo,
  'fieldName' | 'parentType' | 'returnType' | 'schema' | 'operation' | 'variableValues'
>;

export function createRuleContext(facts: {
  readonly caller: Caller;
  readonly headers: IncomingHttpHeaders;
  readonly onHeaderRead?: (() => void) | undefined;
  readonly request: RuleRequest;
}): RuleContext {
  const { caller, headers, request, onHeaderRead } = facts;
  const get = (name: string): string | null => {
    onHeaderRead?.();
    const lower = name.toLowerCase();
    if (!Object.hasOwn(headers, lower)) return null;
    const value = headers[lower];
    return (Array.isArray(value) ? value.join(', ') : value) ?? null;
  };
  return Object.freeze({
    caller,
    headers: Object.freeze({ get, has: (name: string) => get(name) !== null }),
    request: Object.freeze({ ...request }),
  });
}
