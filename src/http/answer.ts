import { Buffer } from 'node:buffer';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

export type ContentCoding = 'br' | 'gzip';

const PREFIX = '{"data":';

/**
 * The finished `{"data":…}` of one execution. Requests that share an execution share this too, so its bytes
 * and their compressed forms are made once.
 */
export class Answer {
  /** The whole response body when there is nothing but data. */
  readonly bytes: Buffer;
  readonly #encoded = new Map<ContentCoding, Promise<Buffer>>();

  /**
   * @param data JSON text of `data`. It is copied at once: a text put together from thousands of pieces keeps
   * each of them alive, and the answer lives until it is sent.
   */
  constructor(data: string) {
    this.bytes = Buffer.from(`${PREFIX}${data}}`);
  }

  /** JSON text of `data`. */
  get data(): string {
    return this.bytes.toString('utf8', PREFIX.length, this.bytes.length - 1);
  }

  /** For plugins of the user that print or inspect `data`: they pay for the parsing, nobody else does. */
  toJSON(): unknown {
    return JSON.parse(this.data);
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
