import { Buffer } from 'node:buffer';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { utf8Bytes } from '../shared/utf8-bytes.ts';

export type ContentCoding = 'br' | 'gzip';

/** Told of a form that has been compressed. */
export type OnEncoded = (coding: ContentCoding, form: Buffer) => void;

const PREFIX = '{"data":';

/**
 * The finished `{"data":…}` of one execution, perhaps with `extensions` behind it. Requests that share an execution
 * share this too, so its bytes and their compressed forms are made once.
 */
export class Answer {
  /** The whole response body. */
  readonly bytes: Buffer;
  readonly #encoded = new Map<ContentCoding, Promise<Buffer>>();
  readonly #onEncoded: OnEncoded | null;
  /** Where `data` ends. */
  readonly #end: number;

  private constructor(bytes: Buffer, onEncoded: OnEncoded | null, end = bytes.length - 1) {
    this.bytes = bytes;
    this.#onEncoded = onEncoded;
    this.#end = end;
  }

  /**
   * @param data JSON text of `data`. It is copied at once: a text put together from thousands of pieces keeps
   * each of them alive, and the answer lives until it is sent.
   */
  static of(data: string): Answer {
    return new Answer(utf8Bytes(`${PREFIX}${data}}`), null);
  }

  /** One that was made before, with those of its compressed forms that are known. */
  static ofBytes(bytes: Buffer, forms: ReadonlyMap<ContentCoding, Buffer>, onEncoded: OnEncoded): Answer {
    const answer = new Answer(bytes, onEncoded);
    for (const [coding, form] of forms) answer.#encoded.set(coding, Promise.resolve(form));
    return answer;
  }

  /** Another one with the same data. @param extensions JSON text */
  beside(extensions: string): Answer {
    const end = this.#end;
    const rest = Buffer.from(`,"extensions":${extensions}}`);
    return new Answer(Buffer.concat([this.bytes.subarray(0, end), rest]), null, end);
  }

  /** JSON text of `data`. */
  get data(): string {
    return this.bytes.toString('utf8', PREFIX.length, this.#end);
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
    if (this.#onEncoded !== null) encoded.then(form => this.#onEncoded?.(coding, form)).catch(() => {});
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
