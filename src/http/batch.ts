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
  const contexts = operations.map((): RequestContext => ({ ...context, progress: noProgress() }));
  const answers = await Promise.all(
    contexts.map(async (own, index) => {
      const body = operations[index];
      try {
        const prepare = () => prepareRequest({ body, search: '' }, audience, null);
        const { request, document } = auditRefusals(own, prepare);
        own.progress.document = document;
        const { body: answered } = await runOperation(reply.request, own, { ...request, audience });
        if (answered.kind !== 'complete') throw new TypeError('incremental delivery is not supported');
        return answered.string === PREPARED_BODY ? `{"data":${own.progress.answer?.data}}` : answered.string;
      } catch (error) {
        // Refused before there was an operation; the others are none of its business.
        if (!(error instanceof GraphQLError) && !(error instanceof HttpProblem)) throw error;
        return problemOf(error, Number.POSITIVE_INFINITY).body;
      }
    }),
  );
  reply.header('content-type', 'application/json; charset=utf-8').header('cache-control', 'no-store');
  for (const { progress } of contexts) addAnswerHeaders(reply, progress.answerHeaders?.lines ?? [], null);
  return sendBody(reply, `[${answers.join(',')}]`, options);
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
