/**
 * Does it when what has arrived by now has been read. In a turn of its loop Node runs timers that are due before it looks
 * at sockets: a process that stood still, or worked for long, would take an answer that waits there for one that never came.
 */
export function afterArrivals(then: () => void): void {
  setImmediate(then);
}
