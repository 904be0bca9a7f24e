import type { IncomingMessage } from 'node:http';

/** A request that is refused before GraphQL sees it. */
export class RefusedRequest extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'RefusedRequest';
    this.status = status;
  }
}

const LARGEST_BODY_BYTES = 4 * 1024 * 1024;

/**
 * Reads the body of a JSON request. Only application/json is taken: a browser sends that to another origin only
 * after asking first, so no page elsewhere can post here. Throws RefusedRequest (413, 415).
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const mediaType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json')
    throw new RefusedRequest(415, 'content-type must be application/json');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY_BYTES) throw new RefusedRequest(413, 'the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Throws RefusedRequest (400). */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new RefusedRequest(400, 'the body is not JSON');
  }
}
