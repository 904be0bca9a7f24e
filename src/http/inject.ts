import { Buffer } from 'node:buffer';
import type { FastifyInstance, InjectOptions } from 'fastify';

const NO_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** Serves a web `Request` on a listener that need not listen: for tests, and for embedding in another server. */
export async function injectRequest(app: FastifyInstance, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const options: InjectOptions = {
    method: request.method as 'GET' | 'POST',
    url: url.pathname + url.search,
    authority: url.host,
    headers: Object.fromEntries(request.headers),
    ...(request.body === null ? {} : { payload: Buffer.from(await request.arrayBuffer()) }),
  };
  const reply = await app.inject(options);
  const headers = new Headers();
  for (const [name, value] of Object.entries(reply.headers)) {
    for (const item of Array.isArray(value) ? value : [value])
      if (item !== undefined) headers.append(name, String(item));
  }
  // `Response` refuses a body, even an empty one, where HTTP has none.
  const body = NO_BODY.has(reply.statusCode) ? null : new Uint8Array(reply.rawPayload);
  return new Response(body, { status: reply.statusCode, headers });
}
