import type { ServerResponse } from 'node:http';
import { type Disturbance, sitThrough } from './chaos.ts';
import type { GraphQLResponse } from './execute-request.ts';

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };

// Each value is still JSON, and still under its own name: only looking at the type finds it out.
function misshape({ body }: GraphQLResponse): string {
  const names = Object.keys(body.data ?? {});
  return JSON.stringify({ data: Object.fromEntries(names.map(name => [name, 'not what was asked for'])) });
}

/**
 * Spoils the answer on its way out. Resolves to false when it was left alone, so that the caller sends it.
 */
export async function answerDisturbed(
  response: ServerResponse,
  disturbance: Disturbance,
  answer: () => Promise<GraphQLResponse>,
): Promise<boolean> {
  await sitThrough(disturbance);
  switch (disturbance.fault) {
    case null:
      return false;
    case 'hang':
    case 'reset':
      response.socket?.resetAndDestroy();
      return true;
    case 'status':
      response.writeHead(disturbance.status, { 'content-type': 'text/plain' }).end('broken on purpose');
      return true;
    case 'garbage':
      response.writeHead(200, JSON_HEADERS).end('<html>{"data": definitely not JSON');
      return true;
    case 'wrongShape':
      response.writeHead(200, JSON_HEADERS).end(misshape(await answer()));
      return true;
    case 'truncated': {
      const whole = Buffer.from(JSON.stringify((await answer()).body));
      response.writeHead(200, { ...JSON_HEADERS, 'content-length': whole.length });
      // Closed only once the half is out: destroying earlier would look like a reset.
      response.write(whole.subarray(0, Math.floor(whole.length / 2)), () => response.destroy());
      return true;
    }
  }
}
