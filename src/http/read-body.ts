import type { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { BodyParts } from '../shared/body-parts.ts';
import { inflateBody } from '../shared/inflate.ts';
import { nestsDeeperThan } from '../shared/nesting.ts';
import { bodyTooLarge, HttpProblem } from './problem.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** As it was sent, after decompression; null where there is none. */
    bodyText: string | null;
  }
}

const HOW = 'Send {"query": "{ … }"}, with quotes around names.';

interface BodyLimits {
  /** Bytes, after decompression. */
  readonly bodyLimit: number;
}

/**
 * Teaches a listener to read JSON request bodies and nothing else: whatever another parser accepted could be
 * sent by any web page without asking (see `cross-site.ts`). They are left as text: who has seen it before need not
 * have it parsed.
 */
export function acceptJsonBodies(app: FastifyInstance, { bodyLimit }: BodyLimits): void {
  app.removeAllContentTypeParsers();
  app.decorateRequest('bodyText', null);
  app.addContentTypeParser('application/json', (request: FastifyRequest, payload, done) => {
    const read = (bytes: Buffer): void => {
      const text = bytes.toString('utf8');
      // Some clients begin with a byte order mark, which readers of JSON may ignore (RFC 8259, 8.1).
      request.bodyText = text.startsWith('\uFEFF') ? text.slice(1) : text;
      done(null, undefined);
    };
    const problem = objectionTo(request, bodyLimit);
    if (problem !== null) {
      done(problem);
      return;
    }
    const coding = request.headers['content-encoding'] ?? 'identity';
    receive(payload, bodyLimit, {
      failed: done,
      whole(body) {
        if (coding === 'identity') read(body);
        else decompress(body, coding, bodyLimit).then(read, done);
      },
    });
  });
}

/** What is wrong with a body that has not come yet. */
function objectionTo({ headers }: FastifyRequest, bodyLimit: number): HttpProblem | null {
  const charset = /charset\s*=\s*"?([^\s;"]+)/i.exec(headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset))
    return new HttpProblem(415, 'JSON is UTF-8; send it without another charset.');
  return Number(headers['content-length']) > bodyLimit ? bodyTooLarge(bodyLimit) : null;
}

interface Receiver {
  whole(body: Buffer): void;
  failed(error: Error): void;
}

/** Instead of Fastify, which keeps each part as it comes. */
function receive(payload: IncomingMessage, bodyLimit: number, receiver: Receiver): void {
  const parts = new BodyParts();
  const take = (part: Buffer): void => {
    parts.add(part);
    if (parts.bytes > bodyLimit) fail(bodyTooLarge(bodyLimit));
  };
  const finish = (): void => {
    leave();
    receiver.whole(parts.whole());
  };
  const fail = (error: Error): void => {
    leave();
    const isOurs = error instanceof HttpProblem;
    receiver.failed(isOurs ? error : new HttpProblem(400, 'The request body has not come as a whole.'));
  };
  const leave = (): void => void payload.off('data', take).off('end', finish).off('error', fail);
  payload.on('data', take).on('end', finish).on('error', fail);
}

/** What the body says; undefined where there is none. @throws HttpProblem */
export function parseBody({ bodyText }: FastifyRequest, maxNesting: number): unknown {
  if (bodyText === null) return undefined;
  const body = parseJson(bodyText, maxNesting);
  if (typeof body === 'object' && body !== null) return body;
  throw new HttpProblem(400, `The request body is no object. ${HOW}`);
}

async function decompress(body: Buffer, coding: string, bodyLimit: number): Promise<Buffer> {
  try {
    return await inflateBody(body, coding, bodyLimit);
  } catch (cause) {
    if (cause instanceof RangeError && 'code' in cause) throw bodyTooLarge(bodyLimit);
    if (cause instanceof RangeError)
      throw new HttpProblem(415, 'Send the body as it is, or with gzip, deflate or br.');
    throw new HttpProblem(400, 'The compressed body is damaged.');
  }
}

function parseJson(text: string, maxNesting: number): unknown {
  if (nestsDeeperThan(text, maxNesting)) {
    throw new HttpProblem(400, `The request nests deeper than ${maxNesting} levels.`, {
      code: 'DOCUMENT_LIMIT_EXCEEDED',
    });
  }
  try {
    return JSON.parse(text);
  } catch {
    const what = text.trim() === '' ? 'empty' : 'not JSON';
    throw new HttpProblem(400, `The request body is ${what}. ${HOW}`);
  }
}
