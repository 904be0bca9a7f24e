import {
  type DocumentNode,
  type GraphQLError,
  getOperationAST,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import { documentBytes } from '../shared/document-bytes.ts';
import { SteadyLru } from '../shared/steady-lru.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { stringifyResult } from './apollo-server.ts';
import type { BoundOperation } from './bound-operation.ts';
import type { ChosenDocument } from './chosen-document.ts';
import { countOperation } from './count-operation.ts';
import { type EntryStages, enterOperation, noteEntered, settle } from './enter-operation.ts';
import type { Entered } from './entered.ts';
import { contentTypeOf } from './media-type.ts';
import { type OperationParams, readParams } from './operation-params.ts';
import type { Executed, RequestContext } from './request-context.ts';
import type { RouteResponse } from './send.ts';
import { nameOperation } from './trace-requests.ts';

/** What a request came to: parsed, validated and bound, whoever sends it. */
interface Familiar {
  readonly operation: BoundOperation;
  readonly document: ChosenDocument | null;
}

/** A document that has been validated. */
type Validated = Pick<BoundOperation, 'document' | 'documentHash' | 'schema'>;

export interface BindInput extends Validated {
  readonly definition: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly context: RequestContext;
}

interface FamiliarOptions extends EntryStages {
  /** Whether new requests are validated against that schema. */
  readonly isCurrent: (schema: Validated['schema']) => boolean;
  readonly bind: (input: BindInput) => BoundOperation | readonly GraphQLError[];
  /** Gives the answer that was found, or makes it. */
  readonly execute: (context: RequestContext) => Promise<Executed>;
  readonly metrics: Metrics;
  /** Writes the audit line of an answered operation; null: there is none. */
  readonly audit: ((context: RequestContext, operation: BoundOperation) => void) | null;
  /** Bound on what is remembered, in bytes as they are estimated. */
  readonly maxBytes: number;
}

/** What came before, all of it validated against one schema. */
interface Known {
  readonly schema: Validated['schema'] | null;
  readonly requests: SteadyLru<string, Familiar>;
  readonly documents: SteadyLru<string, Validated>;
}

function knownOf(schema: Known['schema'], maxBytes: number): Known {
  return { schema, requests: new SteadyLru(maxBytes / 2), documents: new SteadyLru(maxBytes / 2) };
}

const MAX_TEXT = 16 * 1024;

/** Measured on variables of nothing but `{}`, with their text: what is written shorter takes less. */
const BYTES_PER_CHARACTER = 24;

/** Of what there is room for: what takes more would count as less, and the bound would be none. */
const LARGEST_SHARE = 1 / 8;

/**
 * What requests of one audience have come before: by the very text that they were sent as, and by their documents. Such a
 * request is not parsed and validated again, nor bound where it is known by its text, and its answer goes out as it is.
 * What does not go well goes the usual way, with all that has been decided and done about it: errors have one form.
 */
export class FamiliarRequests {
  readonly #options: FamiliarOptions;
  #known: Known;

  constructor(options: FamiliarOptions) {
    this.#options = options;
    this.#known = knownOf(null, options.maxBytes);
  }

  learn({ text, progress }: RequestContext, operation: BoundOperation): void {
    const { document, documentHash, schema } = operation;
    const source = sourceOf(document);
    if (!isQuery(operation) || source.length > MAX_TEXT || !this.#options.isCurrent(schema)) return;
    // What nobody asks for again would keep an old schema alive, which is large.
    if (this.#known.schema !== schema) this.#known = knownOf(schema, this.#options.maxBytes);
    const { documents } = this.#known;
    this.#keep(documents, source, {
      value: { document, documentHash, schema },
      bytes: documentBytes(document),
    });
    this.#learnText(text, { operation, document: progress.document });
  }

  /** One that was sent before. Null: it is not familiar, or did not go well. */
  serve(context: RequestContext): Promise<RouteResponse | null> | null {
    const { text, progress } = context;
    const familiar = text === null ? undefined : this.#known.requests.get(text);
    if (familiar === undefined || !this.#options.isCurrent(familiar.operation.schema)) return null;
    progress.document = familiar.document;
    return this.#run(context, familiar.operation);
  }

  /** One whose document was sent before, perhaps with other variables. */
  async serveDocument(context: RequestContext, body: unknown): Promise<RouteResponse | null> {
    const params = readParams(body);
    const validated = params === null ? undefined : this.#known.documents.get(params.query);
    if (params === null || validated === undefined || !this.#options.isCurrent(validated.schema)) return null;
    const operation = this.#bind(validated, params, context);
    if (operation === null) return null;
    this.#learnText(context.text, { operation, document: context.progress.document });
    return this.#run(context, operation);
  }

  #learnText(text: string | null, familiar: Familiar): void {
    const { requests, schema } = this.#known;
    const { document, id, key, schema: own } = familiar.operation;
    if (text === null || text.length > MAX_TEXT || schema !== own) return;
    // Variables as they are coerced, with all their defaults; and the document may be in no other memory any more.
    const bytes = text.length * 2 + (key.length - id.length) * BYTES_PER_CHARACTER + documentBytes(document);
    this.#keep(requests, text, { value: familiar, bytes });
  }

  #keep<V>(
    known: SteadyLru<string, V>,
    text: string,
    { value, bytes }: { readonly value: V; readonly bytes: number },
  ): void {
    if (bytes > this.#options.maxBytes * LARGEST_SHARE) return;
    known.set(text, value);
    known.weigh(text, value, bytes);
  }

  #bind(
    validated: Validated,
    { operationName, variables }: OperationParams,
    context: RequestContext,
  ): BoundOperation | null {
    const definition = getOperationAST(validated.document, operationName);
    if (!definition || !isQuery({ definition })) return null;
    const bound = this.#options.bind({ ...validated, definition, variables, context });
    return 'length' in bound ? null : bound;
  }

  async #run(context: RequestContext, operation: BoundOperation): Promise<RouteResponse | null> {
    const { progress } = context;
    const { look, execute, metrics, audit } = this.#options;
    nameOperation(context.trace, operation.definition);
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
    countOperation(metrics, context, { kind: operation.definition.operation, outcome: 'ok' });
    const headers = entered.admission?.headers() ?? new Map<string, string>();
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

/**
 * What writes goes the usual way: it hardly comes again word for word, its variables may be a password, and were it run
 * here and then a schema came that does not have it, who sent it would be told that it cannot be run.
 */
function isQuery({ definition }: Pick<BoundOperation, 'definition'>): boolean {
  return definition.operation === OperationTypeNode.QUERY;
}

function sourceOf({ loc }: DocumentNode): string {
  return loc?.source.body ?? '';
}
