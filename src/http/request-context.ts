import type { IncomingHttpHeaders } from 'node:http';
import type { GatewayExecutor } from '@apollo/server-gateway-interface';
import type { Persona } from '../config/resolve-personas.ts';
import type { Cancellation } from '../shared/cancellation.ts';
import type { TraceContext } from '../telemetry/trace-context.ts';
import type { ActualCalls, Admission } from './admission.ts';
import type { Answer } from './answer.ts';
import type { AnswerHeaders } from './answer-headers.ts';
import type { BoundOperation } from './bound-operation.ts';
import type { Caller } from './caller.ts';
import type { ChosenDocument } from './chosen-document.ts';
import type { Entered } from './entered.ts';
import type { CacheLookup, CacheState, KeptAnswer } from './kept-answer.ts';
import type { MediaType } from './media-type.ts';

/** What an operation came to, as Apollo Server takes it. */
export type Executed = Awaited<ReturnType<GatewayExecutor>>;

/** The one record that travels with a request; Apollo's `contextValue`. */
export interface RequestContext {
  readonly id: string;
  readonly trace: TraceContext;
  /** What the answer is sent as; known before anything runs, so that a 406 never follows a mutation. */
  readonly mediaType: MediaType;
  readonly headers: IncomingHttpHeaders;
  readonly caller: Caller;
  /** The client's address, as far as proxies are trusted; of IPv6 its /64. Few ask. */
  readonly clientAddress: () => string;
  readonly persona: Persona;
  /** What the request says, as it was sent; null: it is one of several in a batch, or says more than that. */
  readonly text: string | null;
  /** When the client goes away before it has its answer. */
  readonly left: Cancellation;
  /** Monotonic time of arrival, ms. */
  readonly receivedAt: number;
  /** What stages find out on the way. Apart, as Apollo Server hands its plugins a shallow copy of the context. */
  readonly progress: RequestProgress;
}

export interface RequestProgress {
  /** Set by the route where the document was looked up. */
  document: ChosenDocument | null;
  /** Set when the operation is bound, and again when what the caller may not see has been taken out. */
  operation: BoundOperation | null;
  /** Set when the answer depends on what caches on the way know nothing of, like headers that a rule has looked at. */
  readsHeaders: boolean;
  /** Set when it is declared that the answer is for its caller alone: no cache on the way may keep it for others. */
  isPrivate: boolean;
  /** Set when cost and limits have let the operation in. */
  admission: Admission | null;
  /** Points that the answer came to; set when the operation has been executed. */
  cost: number;
  /** Calls of fields that were counted in it. */
  calls: ActualCalls | null;
  /** Set when a field has a value that its subgraph did not give this time: no cache may keep it. */
  hasFallbacks: boolean;
  /** Set when one of these is an old value: the answer is stale, if not as a whole. */
  hasStaleParts: boolean;
  /** Set when there is an answer, and nothing more to come. */
  isOver: boolean;
  /** Set where it was decided about before Apollo Server had it. */
  entering: Entered | Promise<Entered> | null;
  /** Set where it was executed before Apollo Server had it. */
  executing: Promise<Executed> | null;
  /** What caches know of the operation; null where it is not kept. */
  lookup: CacheLookup | null;
  /** Null where no answers are kept at all. */
  cacheState: CacheState | null;
  /** Set where the answer came from a cache, or went there. */
  kept: KeptAnswer | null;
  /** Set when the operation has been executed; the route sends its bytes. */
  answer: Answer | null;
  /** Set with the answer, where rules pass on headers of subgraphs. */
  answerHeaders: AnswerHeaders | null;
  /** Set with the audit line: an operation has one, however it ends. */
  isAudited: boolean;
}

export function noProgress(): RequestProgress {
  return {
    document: null,
    operation: null,
    readsHeaders: false,
    isPrivate: false,
    admission: null,
    cost: 0,
    calls: null,
    hasFallbacks: false,
    hasStaleParts: false,
    isOver: false,
    entering: null,
    executing: null,
    lookup: null,
    cacheState: null,
    kept: null,
    answer: null,
    answerHeaders: null,
    isAudited: false,
  };
}
