import { ERROR_CATALOGUE, type ErrorCode, GENERIC_MESSAGE } from '../errors.ts';
import type { PlacedFailure } from './project/careful.ts';
import type { ServedFallback } from './run/failures.ts';

/** An error as the client gets it. */
export interface ExecutionError {
  readonly message: string;
  readonly path: readonly (string | number)[] | null;
  readonly extensions: Readonly<Record<string, unknown>>;
  /** Of an internal error: for the log only. */
  readonly cause?: unknown;
}

/** A field that has a value although its subgraph gave none, as the client is told of it. */
export interface ServedField extends ServedFallback {
  readonly path: readonly (string | number)[] | null;
  /** Why there was none. */
  readonly code: string;
}

export function servedFields(placed: readonly PlacedFailure[]): ServedField[] {
  return placed.flatMap(({ path, failure: { code, fallback } }) =>
    fallback === undefined ? [] : [{ path, ...fallback, code }],
  );
}

export function toExecutionErrors(placed: readonly PlacedFailure[]): ExecutionError[] {
  const errors = placed.filter(({ failure }) => failure.fallback === undefined);
  return errors.map(({ path, failure }) => ({
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
