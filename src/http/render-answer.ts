import { GraphQLError } from 'graphql';
import { Answer } from './answer.ts';

/** A finished execution in the form in which it is sent: made once for all who share it. */
export interface RenderedAnswer {
  /** Null when a null reached the root. */
  readonly answer: Answer | null;
  readonly errors: readonly GraphQLError[];
  /** Fields with a value that their subgraph did not give this time, for `extensions.fallbacks`. */
  readonly fallbacks: readonly unknown[];
  /** Points of what was answered. */
  readonly cost: number;
  /** How often fields of limits were called, by counter. */
  readonly calls: readonly number[];
}

interface Finished {
  /** JSON text. */
  readonly data: string;
  readonly errors: readonly {
    readonly message: string;
    readonly path: readonly (string | number)[] | null;
    readonly extensions: Readonly<Record<string, unknown>>;
    readonly cause?: unknown;
  }[];
  readonly served: readonly unknown[];
  readonly cost: number;
  readonly calls: readonly number[];
}

export function renderAnswer({ data, errors, served, cost, calls }: Finished): RenderedAnswer {
  return {
    cost,
    calls,
    fallbacks: served,
    answer: data === 'null' ? null : Answer.of(data),
    errors: errors.map(
      ({ message, path, extensions, cause }) =>
        new GraphQLError(message, {
          path,
          extensions: { ...extensions },
          originalError: cause instanceof Error ? cause : null,
        }),
    ),
  };
}
