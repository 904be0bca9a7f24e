import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { ConfigError, parseConfig } from '../config/parse.ts';
import { isForeignPage } from './foreign-page.ts';

interface OrderForm<T extends z.ZodType> {
  readonly schema: T;
  /** The command that sends it, as in `weir breakers`. */
  readonly command: string;
  /** What would do. */
  readonly example: object;
}

export type ReadOrder<T> =
  | { readonly kind: 'order'; readonly order: T }
  | {
      readonly kind: 'refused';
      readonly status: 400 | 403;
      /** For who has written the request; `weir` prints the error alone, as its flags have the same names. */
      readonly body: { readonly error: string; readonly example?: object };
    };

/** What an operator wants done, or why that is not listened to. */
export function readOrder<T extends z.ZodType>(
  { headers, body }: FastifyRequest,
  { schema, command, example }: OrderForm<T>,
): ReadOrder<z.output<T>> {
  if (isForeignPage(headers)) {
    const error = `Pages of other sites cannot do this. Use \`${command}\`, or curl.`;
    return { kind: 'refused', status: 403, body: { error } };
  }
  try {
    return { kind: 'order', order: parseConfig(schema, body, 'the request') };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { kind: 'refused', status: 400, body: { error: error.problems.join('; '), example } };
  }
}
