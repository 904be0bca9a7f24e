import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

interface Asked {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly form: URLSearchParams;
}

export interface AuthorizationServer extends AsyncDisposable {
  readonly url: string;
  readonly asked: Asked[];
  /** What it says: an answer to be sent as JSON, or whatever is written to the response. */
  answer: Readonly<Record<string, unknown>> | ((response: ServerResponse, asked: Asked) => unknown);
  /** Resolves once so many questions have come in. */
  untilAsked(times: number): Promise<void>;
}

/** An introspection endpoint on a real socket. */
export async function startAuthorizationServer(): Promise<AuthorizationServer> {
  const waiting: { readonly times: number; readonly resolve: () => void }[] = [];
  const http = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request));
    const asked = { method: request.method ?? '', headers: request.headers, form };
    server.asked.push(asked);
    for (const { times, resolve } of waiting) if (server.asked.length >= times) resolve();
    if (typeof server.answer === 'function') await server.answer(response, asked);
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(server.answer));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const server: AuthorizationServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/introspect`,
    asked: [],
    answer: { active: true, sub: 'u-1' },
    untilAsked: times =>
      new Promise(resolve => {
        if (server.asked.length >= times) resolve();
        else waiting.push({ times, resolve });
      }),
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise(resolve => http.close(resolve));
    },
  };
  return server;
}
