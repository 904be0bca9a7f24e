import type { Buffer } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
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
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit },
    (request: FastifyRequest, body: Buffer, done) => {
      const read = (bytes: Buffer): void => {
        const text = bytes.toString('utf8');
        // Some clients begin with a byte order mark, which readers of JSON may ignore (RFC 8259, 8.1).
        request.bodyText = text.startsWith('\uFEFF') ? text.slice(1) : text;
        done(null, undefined);
      };
      const charset = /charset\s*=\s*"?([^\s;"]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
      if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
        done(new HttpProblem(415, 'JSON is UTF-8; send it without another charset.'));
        return;
      }
      const coding = request.headers['content-encoding'] ?? 'identity';
      if (coding === 'identity') read(body);
      else decompress(body, coding, bodyLimit).then(read, done);
    },
  );
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
