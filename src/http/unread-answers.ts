import type { ServerResponse } from 'node:http';

/** How often answers are looked at while they may be under way: an answer has its time, or a quarter more. */
const LOOKS = 4;

/** The longest that Node waits. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Ends the connections of clients that do not read what they have asked for. Until then an answer takes memory, and Node
 * waits for ever: whoever asks for the largest one again and again and reads nothing would have all there is.
 */
export class UnreadAnswers {
  /** Responses, and how many times each was seen under way. */
  readonly #open = new Map<ServerResponse, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(timeoutMs: number) {
    const intervalMs = Math.min(LONGEST_MS, Math.ceil(timeoutMs / LOOKS));
    this.#timer = setInterval(() => this.#look(), intervalMs).unref();
  }

  begun(response: ServerResponse): void {
    this.#open.set(response, 0);
  }

  ended(response: ServerResponse): void {
    this.#open.delete(response);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const [response, looks] of this.#open) {
      // Before there is an answer, and behind others of its connection, it is not the client that takes its time.
      if (!response.headersSent || response.socket === null) continue;
      if (looks >= LOOKS) response.destroy();
      else this.#open.set(response, looks + 1);
    }
  }
}
