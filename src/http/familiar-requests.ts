import { documentBytes } from '../shared/document-bytes.ts';
import { Lru } from '../shared/lru.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { stringifyResult } from './apollo-server.ts';
import type { BoundOperation } from './bound-operation.ts';
import type { ChosenDocument } from './chosen-document.ts';
import { type EntryStages, enterOperation, noteEntered, settle } from './enter-operation.ts';
import type { Entered } from './entered.ts';
import { contentTypeOf } from './media-type.ts';
import type { Executed, RequestContext } from './request-context.ts';
import type { RouteResponse } from './send.ts';
import { nameOperation } from './trace-requests.ts';

/** What a request came to: parsed, validated and bound, whoever sends it. */
interface Familiar {
  readonly operation: BoundOperation;
  readonly document: ChosenDocument | null;
}

interface FamiliarOptions extends EntryStages {
  /** Whether new requests are validated against the schema that the operation was. */
  readonly isCurrent: (operation: BoundOperation, context: RequestContext) => boolean;
  /** Gives the answer that was found, or makes it. */
  readonly execute: (context: RequestContext) => Promise<Executed>;
  readonly metrics: Metrics;
  /** Writes the audit line of an answered operation; null: there is none. */
  readonly audit: ((context: RequestContext, operation: BoundOperation) => void) | null;
  /** Bound on what is remembered, in bytes as they are estimated. */
  readonly maxBytes: number;
}

const MAX_TEXT = 16 * 1024;

/** Texts become variables, which take more than their text. */
const BYTES_PER_CHARACTER = 4;

/**
 * Requests of one audience, by the very text that they were sent as. One that comes again is neither parsed nor
 * validated, and its answer goes out as it is. What does not go well goes the usual way, with all that has been decided
 * and done about it: errors have one form.
 */
export class FamiliarRequests {
  readonly #options: FamiliarOptions;
  readonly #known: Lru<string, Familiar>;

  constructor(options: FamiliarOptions) {
    this.#options = options;
    this.#known = new Lru(options.maxBytes);
  }

  learn({ text, progress }: RequestContext, operation: BoundOperation): void {
    if (text === null || text.length > MAX_TEXT) return;
    this.#known.set(text, { operation, document: progress.document }, bytesOf(text, operation));
  }

  /** Null: to be run the usual way. */
  async serve(context: RequestContext): Promise<RouteResponse | null> {
    const { text, progress } = context;
    const familiar = text === null ? undefined : this.#known.get(text);
    if (familiar === undefined || !this.#options.isCurrent(familiar.operation, context)) return null;
    const { look, execute, metrics, audit } = this.#options;
    const { operation } = familiar;
    nameOperation(context.trace, operation.definition);
    progress.document = familiar.document;
    const entering = this.#enter(operation, context);
    progress.entering = entering;
    const entered = entering instanceof Promise ? await entering.catch(() => null) : entering;
    if (entered === null) return null;
    noteEntered(context, entered, look !== null);
    progress.document?.register?.();
    progress.executing = execute(context);
    const executed = await progress.executing.catch(() => null);
    if (executed === null || executed.errors !== undefined) return null;
    settle(context);
    audit?.(context, operation);
    metrics.operation(operation.definition.operation, 'ok');
    const headers = new Map(entered.admission?.headers);
    headers.set('content-type', contentTypeOf(context.mediaType));
    const { data = null, extensions } = executed;
    const string = stringifyResult(extensions === undefined ? { data } : { data, extensions });
    return { headers, body: { kind: 'complete', string } };
  }

  /** Whoever asks for it next is told why it may not run. */
  #enter(operation: BoundOperation, context: RequestContext): Entered | Promise<Entered> {
    try {
      return enterOperation(this.#options, operation, context);
    } catch (error) {
      const refused = Promise.reject(error);
      refused.catch(() => {});
      return refused;
    }
  }
}

/** The document may be in no other memory any more. */
function bytesOf(text: string, { document }: BoundOperation): number {
  return text.length * BYTES_PER_CHARACTER + documentBytes(document);
}
