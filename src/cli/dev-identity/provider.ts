import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DEV_ALGORITHM, DEV_AUDIENCE, DEV_ISSUER } from './issuer.ts';
import { type DevKeyPair, devKeyPair } from './keys.ts';

/** What `weir dev` adds to the providers of the config. */
export interface DevProvider {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  readonly jwksUri: string;
}

export interface DevIdentity extends AsyncDisposable {
  readonly provider: DevProvider;
}

const PORT = 4020;
const PATH = '/.well-known/jwks.json';

/**
 * Serves the key set of the development identity to this machine. Only `weir dev` does: whoever can read the
 * key file can be anybody.
 * @throws CliError when there is no key to be had
 */
export async function startDevIdentity(folder: string, port = PORT): Promise<DevIdentity> {
  const keySet = JSON.stringify({ keys: [publicKey(await devKeyPair(folder))] });
  const server = createServer((request, response) => answer(request, response, keySet));
  await listen(server, port);
  const { port: actual } = server.address() as AddressInfo;
  return {
    provider: {
      issuer: DEV_ISSUER,
      audiences: [DEV_AUDIENCE],
      algorithms: [DEV_ALGORITHM],
      jwksUri: `http://127.0.0.1:${actual}${PATH}`,
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Named one by one: a member that is not named here cannot get out. */
function publicKey({ kty, crv, x, y, kid }: DevKeyPair): Record<string, string> {
  return { kty, crv, x, y, kid, alg: DEV_ALGORITHM, use: 'sig' };
}

function answer({ method, url }: IncomingMessage, response: ServerResponse, keySet: string): void {
  if (url !== PATH) {
    response.writeHead(404).end();
    return;
  }
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  response.writeHead(200, { 'content-type': 'application/jwk-set+json' }).end(keySet);
}

/** Another `weir dev` may have the port; then any will do, as the gateway is told which. */
async function listen(server: Server, port: number): Promise<void> {
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    if (port === 0 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    await listen(server, 0);
  }
}
