import { ERROR_CATALOGUE, type ErrorCode, GENERIC_MESSAGE } from '../errors.ts';
import type { PlacedFailure } from './project/careful.ts';

/** An error as the client gets it. */
export interface ExecutionError {
  readonly message: string;
  readonly path: readonly (string | number)[] | null;
  readonly extensions: Readonly<Record<string, unknown>>;
  /** Of an internal error: for the log only. */
  readonly cause?: unknown;
}

export function toExecutionErrors(placed: readonly PlacedFailure[]): ExecutionError[] {
  return placed.map(({ path, failure }) => ({
    message: isInternal(failure.code) ? GENERIC_MESSAGE : failure.message,
    path,
    extensions: {
      code: failure.code,
      ...failure.extensions,
      ...(failure.subgraph === null ? {} : { subgraph: failure.subgraph }),
    },
    ...(failure.cause === undefined ? {} : { cause: failure.cause }),
  }));
}

function isInternal(code: string): boolean {
  return ERROR_CATALOGUE[code as ErrorCode]?.audience === 'internal';
}
