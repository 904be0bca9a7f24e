import type { Socket } from 'node:net';
import { type Respond, sendJson } from '../support/fake-subgraph.ts';

const raw =
  (text: string, end: 'end' | 'reset' = 'end'): Respond =>
  (_seen, response) => {
    const { socket } = response;
    socket?.write(text, () => (end === 'end' ? socket.end() : socket.resetAndDestroy()));
  };

/** They do not notice that the other side has closed. */
const halfOpen = new Set<Socket>();

/** Lets them notice, so that those that stay open do so because of the other side. */
export function letGoOfSockets(): void {
  for (const socket of halfOpen) socket.resume();
  halfOpen.clear();
}

/** What a subgraph may do at its socket, and the code that its fields get. */
export const FAULTS: readonly (readonly [name: string, code: string, respond: Respond])[] = [
  ['hangs', 'SUBGRAPH_TIMEOUT', () => {}],
  [
    'drips its answer',
    'SUBGRAPH_TIMEOUT',
    (_seen, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    },
  ],
  [
    'is on a connection that is half open',
    'SUBGRAPH_TIMEOUT',
    (_seen, { socket }) => {
      if (socket !== null) halfOpen.add(socket.pause());
    },
  ],
  [
    'resets the connection',
    'SUBGRAPH_UNAVAILABLE',
    (_seen, response) => void response.socket?.resetAndDestroy(),
  ],
  [
    'resets it in the middle of the body',
    'SUBGRAPH_UNAVAILABLE',
    raw('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"data":{"bro', 'reset'),
  ],
  ['answers garbage', 'SUBGRAPH_BAD_RESPONSE', raw('\u0000\u0001 no HTTP at all\r\n\r\n')],
  [
    'truncates its answer',
    'SUBGRAPH_BAD_RESPONSE',
    (_seen, response) => void response.writeHead(200).end('{"data":{"broken":"wh'),
  ],
  ['says 500', 'SUBGRAPH_UNAVAILABLE', (_seen, response) => sendJson(response, {}, 500)],
  [
    'says 429 and when to come back',
    'SUBGRAPH_BAD_RESPONSE',
    (_seen, response) => {
      response.setHeader('retry-after', '0');
      response.writeHead(429).end('slow down');
    },
  ],
  [
    'answers in a shape of its own',
    'SUBGRAPH_BAD_RESPONSE',
    (_seen, response) => sendJson(response, { data: 'x' }),
  ],
  [
    'answers far too much',
    'SUBGRAPH_BAD_RESPONSE',
    (_seen, response) => sendJson(response, { data: { broken: 'x'.repeat(100_000) } }),
  ],
];
