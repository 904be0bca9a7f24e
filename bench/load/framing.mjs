const CR = 13;
const LF = 10;

/** Value of an ASCII hex digit, or -1. */
function hexDigit(byte) {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** @param {string} head status line and headers */
function parseHead(head) {
  const lower = head.toLowerCase();
  const chunked = /\r\ntransfer-encoding:\s*chunked/.test(lower);
  const length = /\r\ncontent-length:\s*(\d+)/.exec(lower);
  if (!chunked && !length) throw new Error(`an answer without a length: ${head.slice(0, 200)}`);
  return { status: Number(head.slice(9, 12)), chunked, length: chunked ? 0 : Number(length[1]) };
}

/**
 * The least of HTTP/1.1 that finds where an answer ends: a head, then a body by `content-length` or in chunks.
 * Body bytes are handed on as ranges of the socket's own buffer, never copied or decoded here.
 */
export class AnswerFraming {
  /** @param {{onBody(buffer: Buffer, start: number, end: number): void, onEnd(status: number): void}} sink */
  constructor(sink) {
    this.sink = sink;
    this.step = this.readHead;
    this.partialHead = '';
    this.remaining = 0;
    this.status = 0;
  }

  /** Takes `length` bytes from the start of the buffer. */
  take(buffer, length) {
    let at = 0;
    while (at < length) at = this.step(buffer, at, length);
  }

  readHead(buffer, at, length) {
    const before = this.partialHead.length;
    const text = this.partialHead + buffer.latin1Slice(at, Math.min(length, at + 4096));
    const end = text.indexOf('\r\n\r\n', Math.max(0, before - 3));
    if (end < 0) {
      this.partialHead = text;
      return Math.min(length, at + 4096);
    }
    this.partialHead = '';
    const { status, chunked, length: bodyLength } = parseHead(text.slice(0, end));
    this.status = status;
    this.remaining = bodyLength;
    this.step = chunked ? this.readChunkSize : this.readSized;
    if (!chunked && bodyLength === 0) this.finish();
    return at + end + 4 - before;
  }

  readSized(buffer, at, length) {
    const end = this.passBody(buffer, at, length);
    if (this.remaining === 0) this.finish();
    return end;
  }

  /** A chunk's size line; `remaining` holds the digits read so far. */
  readChunkSize(buffer, at, length) {
    for (let i = at; i < length; i++) {
      const byte = buffer[i];
      const digit = hexDigit(byte);
      if (digit >= 0) this.remaining = this.remaining * 16 + digit;
      else if (byte === LF) {
        this.step = this.remaining > 0 ? this.readChunk : this.readTrailer;
        this.trailerBytes = 0;
        return i + 1;
      } else if (byte !== CR) throw new Error('chunk extensions are not supported');
    }
    return length;
  }

  readChunk(buffer, at, length) {
    const end = this.passBody(buffer, at, length);
    if (this.remaining === 0) this.step = this.readChunkEnd;
    return end;
  }

  readChunkEnd(buffer, at) {
    if (buffer[at] === LF) this.step = this.readChunkSize;
    return at + 1;
  }

  /** Ends at an empty line. */
  readTrailer(buffer, at) {
    if (buffer[at] === LF) {
      if (this.trailerBytes === 0) this.finish();
      this.trailerBytes = 0;
    } else if (buffer[at] !== CR) this.trailerBytes++;
    return at + 1;
  }

  passBody(buffer, at, length) {
    const end = Math.min(length, at + this.remaining);
    this.remaining -= end - at;
    this.sink.onBody(buffer, at, end);
    return end;
  }

  finish() {
    this.step = this.readHead;
    this.sink.onEnd(this.status);
  }
}
