import { Buffer } from 'node:buffer';
import {
  NO_HEADERS,
  type SubgraphFetch,
  type SubgraphReply,
  type SubgraphRequest,
} from '../fetch/subgraph-fetch.ts';

/** A request without what differs from one client request to the next. */
export type RecordedRequest = Omit<SubgraphRequest, 'context'>;

/** One request of an execution and its reply. */
export interface Exchange {
  readonly request: RecordedRequest;
  readonly reply: SubgraphReply;
  /** Exchanges that were complete when this request was sent: all that it can depend on. */
  readonly after: readonly number[];
}

/** What an execution asked, what it was told, and what became of it. */
export interface Recording<T> {
  readonly exchanges: readonly Exchange[];
  readonly result: T;
}

/** Listens to an execution. */
export interface Recorder {
  readonly ask: SubgraphFetch;
  /** Everything that was asked, or null if something of it is not worth keeping. */
  exchanges(): readonly Exchange[] | null;
}

/** An execution that asks more often than this is not recorded. */
const MAX_EXCHANGES = 64;

export function recordExchanges(ask: SubgraphFetch): Recorder {
  const requests: { readonly request: RecordedRequest; readonly after: readonly number[] }[] = [];
  const replies: (SubgraphReply | undefined)[] = [];
  const complete: number[] = [];
  return {
    ask(request) {
      const { context: _context, ...recorded } = request;
      const index = requests.push({ request: recorded, after: [...complete] }) - 1;
      const reply = ask(request);
      reply.then(
        answer => {
          replies[index] = answer;
          complete.push(index);
        },
        () => {},
      );
      return reply;
    },
    exchanges() {
      if (requests.length > MAX_EXCHANGES) return null;
      const exchanges: Exchange[] = [];
      const keys = new Set(requests.map(({ request }) => exchangeKey(request)));
      // Two equal requests could not be told apart.
      if (keys.size < requests.length) return null;
      for (const [index, { request, after }] of requests.entries()) {
        const reply = replies[index];
        if (reply?.status !== 200) return null;
        // Headers are the reply's own each time; here they would only take memory.
        exchanges.push({
          request,
          reply: { status: 200, headers: NO_HEADERS, body: copyOf(reply.body) },
          after,
        });
      }
      return exchanges;
    },
  };
}

/** Bytes of its own: those of a reply may be a part of many more that were read with them. */
function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}

/** Characters and bytes that a recording keeps alive. */
export function weightOf(exchanges: readonly Exchange[]): number {
  return exchanges.reduce((sum, { request, reply }) => sum + request.body.length + reply.body.length, 0);
}

export function exchangeKey({ subgraph, body }: RecordedRequest): string {
  return `${subgraph} ${body}`;
}
