import { HeaderMap, type HTTPGraphQLResponse } from '@apollo/server';
import type { FormattedExecutionResult } from 'graphql';
import { Lru } from '../shared/lru.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { stringifyResult } from './apollo-server.ts';
import type { BoundOperation } from './bound-operation.ts';
import type { ChosenDocument } from './chosen-document.ts';
import { type EntryStages, enterOperation, noteEntered, settle } from './enter-operation.ts';
import { contentTypeOf } from './media-type.ts';
import type { RequestContext } from './request-context.ts';

/** What a request came to: parsed, validated and bound, whoever sends it. */
interface Familiar {
  readonly operation: BoundOperation;
  readonly document: ChosenDocument | null;
}

interface FamiliarOptions extends EntryStages {
  /** Whether new requests are validated against the schema that the operation was. */
  readonly isCurrent: (operation: BoundOperation, context: RequestContext) => boolean;
  /** Gives the answer that was found. */
  readonly execute: (
    context: RequestContext,
  ) => Promise<Pick<FormattedExecutionResult, 'data' | 'extensions'>>;
  readonly metrics: Metrics;
}

const MAX_CHARACTERS = 8 * 1024 * 1024;
const MAX_TEXT = 16 * 1024;
const OVERHEAD = 512;

/**
 * Requests of one audience whose answers may be kept, by the very text that they were sent as. One that comes again is
 * neither parsed nor validated; if its answer is there, it is sent, and else goes the usual way with what has been
 * decided about it.
 */
export class FamiliarRequests {
  readonly #options: FamiliarOptions;
  readonly #known = new Lru<string, Familiar>(MAX_CHARACTERS);

  constructor(options: FamiliarOptions) {
    this.#options = options;
  }

  learn({ text, progress }: RequestContext, operation: BoundOperation): void {
    if (text === null || text.length > MAX_TEXT) return;
    this.#known.set(text, { operation, document: progress.document }, text.length + OVERHEAD);
  }

  /** Null: to be run the usual way. */
  async serve(context: RequestContext): Promise<HTTPGraphQLResponse | null> {
    const { text, progress } = context;
    const familiar = text === null ? undefined : this.#known.get(text);
    if (familiar === undefined || !this.#options.isCurrent(familiar.operation, context)) return null;
    progress.document = familiar.document;
    progress.entering = enterOperation(this.#options, familiar.operation, context);
    // Whoever waits for it next is told why it may not run.
    const entered = await progress.entering.catch(() => null);
    if (entered === null || entered.lookup === null || entered.lookup.found === null) return null;
    noteEntered(context, entered, true);
    const result = await this.#options.execute(context);
    settle(context);
    this.#options.metrics.operation('query', 'ok');
    const headers = new HeaderMap([['content-type', contentTypeOf(context.mediaType)]]);
    for (const [name, value] of entered.admission?.headers ?? []) headers.set(name, value);
    const string = stringifyResult(result);
    return { headers, body: { kind: 'complete', string } };
  }
}
