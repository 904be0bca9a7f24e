import { z } from 'zod';
import { parseBytes } from '../shared/bytes.ts';
import { parseDuration } from '../shared/duration.ts';
import { formatBytes } from '../shared/format-bytes.ts';
import { formatDuration } from '../shared/format-duration.ts';
import { type ListenAddress, parseListenAddress } from '../shared/listen-address.ts';

interface TextForm<T> {
  /** @throws RangeError that says what it wanted to read. */
  readonly parse: (text: string) => T;
  /** The way back, so that a config can be printed as it would be written. */
  readonly format: (value: T) => string;
}

/** Config values that are written as text and used as something else. */
function textual<T>({ parse, format }: TextForm<T>) {
  return z.codec(z.string({ error: ({ input }) => unreadable(parse, input) }), z.custom<T>(), {
    decode(text, context): T {
      try {
        return parse(text);
      } catch (error) {
        context.issues.push({ code: 'custom', message: (error as Error).message, input: text });
        return z.NEVER;
      }
    },
    encode: format,
  });
}

/** YAML makes `10` or `4000` a number; what its text lacks is told, as it would be of text. */
function unreadable(parse: (text: string) => unknown, input: unknown): string | undefined {
  if (typeof input !== 'number') return undefined;
  try {
    parse(String(input));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** `250ms`, `5s` … in milliseconds. */
export const duration = textual({ parse: parseDuration, format: formatDuration }).meta({
  id: 'Duration',
  examples: ['250ms', '5s', '10m'],
});

/** Timers of Node are at their end after 24.8 days, and then fire at once; who waits for longer than a day waits for ever. */
const LONGEST_LIMIT_MS = 86_400_000;

/** How long something may take, where that may be no time. */
export const timeLimit = duration.refine(ms => ms <= LONGEST_LIMIT_MS, {
  error: `is longer than ${formatDuration(LONGEST_LIMIT_MS)}`,
});

/** How long something may take that is not done in no time. */
export const someTimeLimit = duration.refine(ms => ms >= 1 && ms <= LONGEST_LIMIT_MS, {
  error: `is not between 1ms and ${formatDuration(LONGEST_LIMIT_MS)}`,
});

/** `64KiB`, `32MiB` … in bytes. */
export const size = textual({ parse: parseBytes, format: formatBytes }).meta({
  id: 'Size',
  examples: ['64KiB', '32MiB'],
});

/** `host:port`. */
export const listenAddress = textual<ListenAddress>({
  parse: parseListenAddress,
  format: ({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`,
}).meta({ id: 'Address', examples: ['127.0.0.1:4000', '0.0.0.0:4000'] });

export const count = z.number().int().positive();

export const httpUrl = z
  .url({ protocol: /^https?$/, error: 'is not an http(s) URL' })
  .meta({ id: 'HttpUrl', examples: ['http://127.0.0.1:4001/graphql'] });

const LABELS =
  /^(?!.*\.\d+$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Name of a host as DNS has it, in lower case. */
export const hostName = z
  .string()
  .toLowerCase()
  .refine(text => LABELS.test(text), {
    error: 'is no name of a host; write it without scheme and port, as in gateway.internal',
  });
