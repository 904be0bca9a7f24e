import { NOTHING_FORWARDED } from '../../../src/execution/fetch/forward.ts';
import type {
  SubgraphFetch,
  SubgraphReply,
  SubgraphRequest,
} from '../../../src/execution/fetch/subgraph-fetch.ts';

export interface Sent {
  readonly request: SubgraphRequest;
  resolve(reply: SubgraphReply): void;
  reject(error: unknown): void;
}

/** A wire whose replies the test sends. */
export function scriptedFetch(): { readonly next: SubgraphFetch; readonly sent: Sent[] } {
  const sent: Sent[] = [];
  return { sent, next: request => new Promise((resolve, reject) => sent.push({ request, resolve, reject })) };
}

export function subgraphRequest(
  changes: Partial<SubgraphRequest> = {},
  context: Partial<SubgraphRequest['context']> = {},
): SubgraphRequest {
  return {
    subgraph: 'a',
    operationKind: 'query',
    body: '{"query":"{a}"}',
    ...changes,
    context: {
      deadlineAt: Number.POSITIVE_INFINITY,
      requestId: 'r',
      traceparent: null,
      forwarded: NOTHING_FORWARDED,
      ...context,
    },
  };
}

export function replyOf(status: number, headers: Readonly<Record<string, string>> = {}): SubgraphReply {
  return { status, headers, body: Buffer.from('{"data":{"a":1}}') };
}

/** Lets everything happen that waits for nothing but its turn. */
export const turn = (): Promise<void> => new Promise(done => setImmediate(done));
