import type { IncomingHttpHeaders } from 'node:http';
import type { GraphQLFieldResolver, GraphQLScalarType } from 'graphql';
import type { BatchObserver } from './batch-loader.ts';

/** Source and arguments differ from field to field: each resolver states its own, and graphql-js has checked them. */
export type Resolvers<Context> = Readonly<
  Record<string, Readonly<Record<string, GraphQLFieldResolver<never, Context, never>>> | GraphQLScalarType>
>;

/** All that a request brings to its context. */
export interface RequestScope {
  readonly callerId: string;
  readonly observe: BatchObserver;
}

/** A subgraph as a value: enough to serve it over HTTP, or to run its resolvers in a test. */
export interface SubgraphDefinition<Context> {
  readonly name: string;
  /** The port it listens on unless PORT says otherwise. */
  readonly port: number;
  readonly typeDefs: string;
  readonly resolvers: Resolvers<Context>;
  /** Makes fresh data; what it returns makes one context, with loaders of its own, for one request. */
  readonly open: (now: () => number) => (scope: RequestScope) => Context;
}

/**
 * The gateway vouches for x-user-id. Without it the caller is u-1, so that the first query of somebody
 * who tries a subgraph alone has an answer; a real subgraph would have no caller then.
 */
export function callerIdOf(headers: IncomingHttpHeaders): string {
  const id = headers['x-user-id'];
  return typeof id === 'string' && id !== '' ? id : 'u-1';
}
