import { GraphQLError } from 'graphql';
import { Answer } from './answer.ts';

/** A finished execution in the form in which it is sent: made once for all who share it. */
export interface RenderedAnswer {
  /** Null when a null reached the root. */
  readonly answer: Answer | null;
  readonly errors: readonly GraphQLError[];
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
}

export function renderAnswer({ data, errors }: Finished): RenderedAnswer {
  return {
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
