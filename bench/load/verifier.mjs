import { isDeepStrictEqual } from 'node:util';

const MAX_KNOWN_BODIES = 64;

/**
 * Knows which answers are right. A body is parsed and compared as JSON the first time it is seen; from then on
 * each answer is compared byte by byte with the bodies known to be right, while it arrives.
 */
export class Verifier {
  /** @param {unknown} expected the parsed answer, `{data}`, with `errors` if there are to be any */
  constructor(expected) {
    this.expected = expected;
    this.latest = Buffer.alloc(0);
    this.known = [];
    this.wrong = 0;
    this.firstWrong = undefined;
    this.parsedBodies = 0;
  }

  /** Judges a whole body that is not byte-equal to `latest`. */
  judge(body, status) {
    if (status === 200 && this.known.some(known => known.equals(body))) return this.accept(body);
    this.parsedBodies++;
    const reason = status === 200 ? this.difference(body) : `status ${status}`;
    if (reason) {
      this.wrong++;
      this.firstWrong ??= `${reason}: ${body.subarray(0, 300).toString('utf8')}`;
      return;
    }
    if (this.known.length < MAX_KNOWN_BODIES) this.known.push(body);
    this.accept(body);
  }

  accept(body) {
    this.latest = body;
  }

  /** @returns {string | undefined} why the body is not the expected answer */
  difference(body) {
    try {
      const answer = JSON.parse(body.toString('utf8'));
      if (!isDeepStrictEqual(answer.errors, this.expected.errors)) return 'errors';
      return isDeepStrictEqual(answer.data, this.expected.data) ? undefined : 'different data';
    } catch (error) {
      return error.message;
    }
  }
}

/** One answer on its way in, compared as it comes; bytes are kept only once they differ from what is known. */
export class BodyInspector {
  /** @param {Verifier} verifier */
  constructor(verifier) {
    this.verifier = verifier;
    this.begin();
  }

  begin() {
    this.candidate = this.verifier.latest;
    this.matched = 0;
    this.parts = undefined;
  }

  /** @param {Buffer} buffer reused by the socket: whatever must outlive this call is copied */
  feed(buffer, start, end) {
    if (!this.parts) {
      const upTo = this.matched + end - start;
      const { candidate } = this;
      if (upTo <= candidate.length && buffer.compare(candidate, this.matched, upTo, start, end) === 0) {
        this.matched = upTo;
        return;
      }
      this.parts = [candidate.subarray(0, this.matched)];
    }
    this.parts.push(Buffer.from(buffer.subarray(start, end)));
  }

  /** @param {number} status of the answer that is now complete */
  end(status) {
    const complete = !this.parts && this.matched === this.candidate.length && this.matched > 0;
    if (complete && status === 200) return;
    this.verifier.judge(Buffer.concat(this.parts ?? [this.candidate.subarray(0, this.matched)]), status);
  }
}
