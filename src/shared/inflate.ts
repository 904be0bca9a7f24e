import type { Buffer } from 'node:buffer';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';

const DECODERS: ReadonlyMap<string, (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>> =
  new Map([
    ['gzip', promisify(gunzip)],
    ['x-gzip', promisify(gunzip)],
    ['deflate', promisify(inflate)],
    ['br', promisify(brotliDecompress)],
  ]);

/**
 * Undoes a content encoding within a bound on the inflated bytes (a zip bomb counts as what it becomes).
 * @throws RangeError when the encoding is unknown or the bound is passed, Error when the body is damaged.
 */
export async function inflateBody(body: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
  const decode = DECODERS.get(encoding.trim().toLowerCase());
  if (decode === undefined)
    throw new RangeError(`the content encoding ${JSON.stringify(encoding)} is not known`);
  return decode(body, { maxOutputLength: maxBytes });
}
