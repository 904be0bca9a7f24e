import { GraphQLError } from 'graphql';
import { Answer } from './answer.ts';

/** A finished execution in the form in which it is sent: made once for all who share it. */
export interface RenderedAnswer {
  /** Null when a null reached the root. */
  readonly answer: Answer | null;
  readonly errors: readonly GraphQLError[];
  /** Points of what was answered. */
  readonly cost: number;
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
  readonly cost: number;
}

export function renderAnswer({ data, errors, cost }: Finished): RenderedAnswer {
  return {
    cost,
    answer: data === 'null' ? null : new Answer(data),
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
