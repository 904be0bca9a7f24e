import { Buffer } from 'node:buffer';
import type { FastifyInstance, InjectOptions } from 'fastify';

/** Serves a web `Request` on a listener that need not listen: for tests, and for embedding in another server. */
export async function injectRequest(app: FastifyInstance, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const options: InjectOptions = {
    method: request.method as 'GET' | 'POST',
    url: url.pathname + url.search,
    headers: Object.fromEntries(request.headers),
    ...(request.body === null ? {} : { payload: Buffer.from(await request.arrayBuffer()) }),
  };
  const reply = await app.inject(options);
  const headers = new Headers();
  for (const [name, value] of Object.entries(reply.headers)) {
    for (const item of Array.isArray(value) ? value : [value])
      if (item !== undefined) headers.append(name, String(item));
  }
  return new Response(new Uint8Array(reply.rawPayload), { status: reply.statusCode, headers });
}
