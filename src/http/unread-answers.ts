import type { ServerResponse } from 'node:http';

/** How often answers are looked at while they may be under way: an answer has its time, or a quarter more. */
const LOOKS = 4;

/** The longest that Node waits. */
const LONGEST_MS = 2 ** 31 - 1;

/** Where a response is looked at, until it has ended. */
interface Seat {
  /** Null: the seat is free. */
  response: ServerResponse | null;
  /** How many times it was seen under way. */
  looks: number;
}

/**
 * Ends the connections of clients that do not read what they have asked for. Until then an answer takes memory, and Node
 * waits for ever: whoever asks for the largest one again and again and reads nothing would have all there is.
 *
 * Seats, not a Map: the tables that a Map has outgrown name those after them, and what was in them. One of these in old
 * memory would keep each request from being collected with the young, at some ten times the cost.
 */
export class UnreadAnswers {
  readonly #seats: Seat[] = [];
  readonly #free: Seat[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(timeoutMs: number) {
    const intervalMs = Math.min(LONGEST_MS, Math.ceil(timeoutMs / LOOKS));
    this.#timer = setInterval(() => this.#look(), intervalMs).unref();
  }

  /** @returns how to tell that it has ended, once */
  begun(response: ServerResponse): () => void {
    const seat = this.#free.pop() ?? this.#furnish();
    seat.response = response;
    seat.looks = 0;
    return () => {
      seat.response = null;
      this.#free.push(seat);
    };
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #furnish(): Seat {
    const seat: Seat = { response: null, looks: 0 };
    this.#seats.push(seat);
    return seat;
  }

  #look(): void {
    for (const seat of this.#seats) {
      const { response } = seat;
      // Before there is an answer, and behind others of its connection, it is not the client that takes its time.
      if (response === null || !response.headersSent || response.socket === null) continue;
      if (seat.looks >= LOOKS) response.destroy();
      else seat.looks++;
    }
  }
}
