import { z } from 'zod';
import { parseBytes } from '../shared/bytes.ts';
import { parseDuration } from '../shared/duration.ts';
import { type ListenAddress, parseListenAddress } from '../shared/listen-address.ts';

/** Config values that are written as text and used as numbers. Each reports what it wanted to read. */
function parsedBy<T>(parse: (text: string) => T) {
  return z.string().transform((text, context): T => {
    try {
      return parse(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });
}

/** `250ms`, `5s` … in milliseconds. */
export const duration = parsedBy(parseDuration);

/** `64KiB`, `32MiB` … in bytes. */
export const size = parsedBy(parseBytes);

/** `host:port`. */
export const listenAddress = parsedBy<ListenAddress>(parseListenAddress);

export const count = z.number().int().positive();

export const httpUrl = z.url({ protocol: /^https?$/, error: 'is not an http(s) URL' });
