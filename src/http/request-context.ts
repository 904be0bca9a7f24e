import type { IncomingHttpHeaders } from 'node:http';
import type { TraceContext } from '../telemetry/trace-context.ts';
import type { Answer } from './answer.ts';
import type { BoundOperation } from './bound-operation.ts';
import type { MediaType } from './media-type.ts';

/** The one record that travels with a request; Apollo's `contextValue`. */
export interface RequestContext {
  readonly id: string;
  readonly trace: TraceContext;
  /** What the answer is sent as; known before anything runs, so that a 406 never follows a mutation. */
  readonly mediaType: MediaType;
  readonly headers: IncomingHttpHeaders;
  /** What the client presented to say who it is, so that no work is shared with somebody else. */
  readonly credentials: string;
  /** Monotonic time of arrival, ms. */
  readonly receivedAt: number;
  /** What stages find out on the way. Apart, as Apollo Server hands its plugins a shallow copy of the context. */
  readonly progress: RequestProgress;
}

export interface RequestProgress {
  /** Set when the operation is bound. */
  operation: BoundOperation | null;
  /** Set when the operation has been executed; the route sends its bytes. */
  answer: Answer | null;
}

const CREDENTIAL_HEADERS = ['authorization', 'x-api-key', 'cookie'] as const;

export function credentialsOf(headers: IncomingHttpHeaders): string {
  const [authorization, apiKey, cookie] = CREDENTIAL_HEADERS.map(name => headers[name]);
  if (authorization === undefined && apiKey === undefined && cookie === undefined) return '';
  return JSON.stringify([authorization, apiKey, cookie]);
}
