import { Buffer } from 'node:buffer';

/** Shorter parts are copied together. */
const SMALL = 1_024;

/** So many are kept as they are, however short: most bodies come in no more, and copying is for nothing then. */
const FEW = 16;

const BLOCK = 16 * 1_024;

/**
 * Collects the parts of a body. Whoever sends it chooses how many there are, and a part takes two hundred bytes beside
 * its own: a megabyte that comes byte by byte would take two hundred.
 */
export class BodyParts {
  readonly #parts: Buffer[] = [];
  #block: Buffer | null = null;
  /** Of the block, what is in `#parts` already, and what is used. */
  #sealed = 0;
  #used = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  add(part: Buffer): void {
    this.#bytes += part.length;
    if (part.length < SMALL && this.#parts.length >= FEW) {
      this.#copy(part);
      return;
    }
    this.#seal();
    this.#parts.push(part);
  }

  /** All of it; perhaps a part as it came. */
  whole(): Buffer {
    this.#seal();
    const [first] = this.#parts;
    return this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts, this.#bytes);
  }

  clear(): void {
    this.#parts.length = 0;
    this.#block = null;
    this.#sealed = 0;
    this.#used = 0;
    this.#bytes = 0;
  }

  #copy(part: Buffer): void {
    if (this.#block === null || this.#used + part.length > BLOCK) {
      this.#seal();
      this.#block = Buffer.allocUnsafeSlow(BLOCK);
      this.#sealed = 0;
      this.#used = 0;
    }
    part.copy(this.#block, this.#used);
    this.#used += part.length;
  }

  #seal(): void {
    if (this.#block === null || this.#used === this.#sealed) return;
    this.#parts.push(this.#block.subarray(this.#sealed, this.#used));
    this.#sealed = this.#used;
  }
}
