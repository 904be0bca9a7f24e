import { Buffer } from 'node:buffer';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

export type ContentCoding = 'br' | 'gzip';

/**
 * The finished `{"data":…}` of one execution. Requests that share an execution share this too, so its bytes
 * and their compressed forms are made once.
 */
export class Answer {
  /** JSON text of `data`. */
  readonly data: string;
  #bytes: Buffer | null = null;
  readonly #encoded = new Map<ContentCoding, Promise<Buffer>>();

  constructor(data: string) {
    this.data = data;
  }

  /** The whole response body when there is nothing but data. */
  get bytes(): Buffer {
    this.#bytes ??= Buffer.from(`{"data":${this.data}}`);
    return this.#bytes;
  }

  encoded(coding: ContentCoding): Promise<Buffer> {
    const known = this.#encoded.get(coding);
    if (known !== undefined) return known;
    const encoded = encodeBody(this.bytes, coding);
    this.#encoded.set(coding, encoded);
    return encoded;
  }
}

const compressGzip = promisify(gzip);
const compressBrotli = promisify(brotliCompress);

/** Levels that trade a few per cent of size for several times the speed, as is usual for dynamic answers. */
export function encodeBody(body: Buffer, coding: ContentCoding): Promise<Buffer> {
  if (coding === 'gzip') return compressGzip(body, { level: 6 });
  return compressBrotli(body, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
  });
}
