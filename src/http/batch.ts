import type { FastifyReply } from 'fastify';
import { GraphQLError } from 'graphql';
import { addAnswerHeaders } from './answer-headers.ts';
import { PREPARED_BODY } from './apollo-server.ts';
import type { Audience } from './audience.ts';
import type { AuditRefusals } from './audit.ts';
import { guardNesting } from './guard-nesting.ts';
import { prepareRequest } from './operation-request.ts';
import { HttpProblem, problemOf } from './problem.ts';
import { noProgress, type RequestContext } from './request-context.ts';
import { runOperation } from './run-operation.ts';
import { type SendOptions, sendBody } from './send.ts';

interface BatchOptions extends SendOptions {
  readonly context: RequestContext;
  readonly audience: Audience;
  readonly auditRefusals: AuditRefusals;
  readonly operations: readonly unknown[];
  readonly maxNesting: number;
}

/** Runs the operations of one request at once; each has an answer of its own, in their order. */
export async function sendBatch(reply: FastifyReply, options: BatchOptions): Promise<FastifyReply> {
  const { context, audience, operations, auditRefusals } = options;
  auditRefusals(context, () => checkBatch(reply, options));
  const contexts = operations.map((): RequestContext => ({ ...context, text: null, progress: noProgress() }));
  const answers = await Promise.all(
    contexts.map(async (own, index): Promise<Part> => {
      const body = operations[index];
      try {
        const prepare = () => prepareRequest({ body, search: '' }, audience, null);
        const { request, document } = auditRefusals(own, prepare);
        own.progress.document = document;
        const { body: answered, ...rest } = await runOperation(reply.request, own, { ...request, audience });
        if (answered.kind !== 'complete') throw new TypeError('incremental delivery is not supported');
        const isPrepared = answered.string === PREPARED_BODY;
        const text = isPrepared ? String(own.progress.answer?.bytes) : answered.string;
        return { text, waitSeconds: waitOf(rest) };
      } catch (error) {
        // Refused before there was an operation; the others are none of its business.
        if (!(error instanceof GraphQLError) && !(error instanceof HttpProblem)) throw error;
        const problem = problemOf(error, Number.POSITIVE_INFINITY);
        return { text: problem.body, waitSeconds: waitOf(problem) };
      }
    }),
  );
  const waitSeconds = Math.max(...answers.map(answer => answer.waitSeconds));
  // Before then some part of the batch would be refused once more.
  if (waitSeconds > 0) reply.header('retry-after', String(waitSeconds));
  reply.header('content-type', 'application/json; charset=utf-8').header('cache-control', 'no-store');
  for (const { progress } of contexts) addAnswerHeaders(reply, progress.answerHeaders?.lines ?? [], null);
  return sendBody(reply, `[${answers.map(({ text }) => text).join(',')}]`, options);
}

/** What one operation of a batch came to. */
interface Part {
  readonly text: string;
  /** 0: it was not refused, or waiting does not help. */
  readonly waitSeconds: number;
}

interface Refusable {
  /** As it would be if the operation had come by itself. */
  readonly status?: number;
  readonly headers: ReadonlyMap<string, string>;
}

/** Plugins may answer with a date, which is nothing to compare. */
function waitOf({ status = 200, headers }: Refusable): number {
  const wait = status < 400 ? undefined : headers.get('retry-after');
  return wait !== undefined && /^\d{1,9}$/.test(wait) ? Number(wait) : 0;
}

/** Before any of its operations runs: a refusal must not come after a mutation. */
function checkBatch({ request }: FastifyReply, { operations, audience, maxNesting }: BatchOptions): void {
  checkSize(operations.length, audience.persona.limits.batch);
  const { documentId } = request.params as { documentId?: string };
  if (documentId !== undefined)
    throw new HttpProblem(400, 'The id in the path is of one document. Send a batch without it.');
  for (const body of operations) guardNesting(body, '', maxNesting);
}

function checkSize(operations: number, maxBatch: number | null): void {
  if (maxBatch === null)
    throw new HttpProblem(400, 'Send one operation a request: batching is not enabled here.');
  if (operations === 0) throw new HttpProblem(400, 'The batch is empty.');
  if (operations > maxBatch) {
    throw new HttpProblem(400, `A batch may hold ${maxBatch} operations.`, {
      code: 'DOCUMENT_LIMIT_EXCEEDED',
    });
  }
}
