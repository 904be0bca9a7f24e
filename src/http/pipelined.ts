import type { Socket } from 'node:net';

/** Behind one that is not answered yet. Hardly any client sends so much as one before it has its answer. */
const MOST_BEHIND = 100;

/**
 * Requests of one connection that wait for the answers before theirs. All of them are in flight, so that one slow field
 * would let one client have as many as it can send: who goes too far loses the connection, as an answer out of turn
 * cannot be sent.
 */
export class Pipelined {
  readonly #behind = new WeakMap<Socket, number>();

  begun(socket: Socket): void {
    const count = (this.#behind.get(socket) ?? 0) + 1;
    this.#behind.set(socket, count);
    if (count > MOST_BEHIND) socket.destroy();
  }

  ended(socket: Socket): void {
    this.#behind.set(socket, (this.#behind.get(socket) ?? 1) - 1);
  }
}
