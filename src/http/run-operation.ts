import { HeaderMap, type HTTPGraphQLResponse } from '@apollo/server';
import type { FastifyRequest } from 'fastify';
import type { Audience } from './audience.ts';
import type { OperationRequest } from './operation-request.ts';
import type { RequestContext } from './request-context.ts';

interface RunOptions extends OperationRequest {
  readonly audience: Audience;
}

/** Runs one operation: an element of a batch, or the request's own. */
export function runOperation(
  request: FastifyRequest,
  context: RequestContext,
  { audience, body, search }: RunOptions,
): Promise<HTTPGraphQLResponse> {
  return audience.server.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method: request.method, headers: headerMap(request), search, body },
    context: () => Promise.resolve(context),
  });
}

function headerMap({ headers }: FastifyRequest): HeaderMap {
  const map = new HeaderMap();
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return map;
}
