import type { GraphQLFieldResolver, GraphQLScalarType } from 'graphql';
import type { BatchObserver } from './batch-loader.ts';
import type { Caller } from './caller.ts';

/** Source and arguments differ from field to field: each resolver states its own, and graphql-js has checked them. */
export type Resolvers<Context> = Readonly<
  Record<string, Readonly<Record<string, GraphQLFieldResolver<never, Context, never>>> | GraphQLScalarType>
>;

/** All that a request brings to its context. */
export interface RequestScope {
  readonly caller: Caller;
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
