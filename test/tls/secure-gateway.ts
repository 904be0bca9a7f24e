import { once } from 'node:events';
import { type RequestOptions, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { createAuthority } from '../support/certificates.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

export const authority = createAuthority();
export const clients = createAuthority('authority of clients');

export interface SecureGateway extends AsyncDisposable {
  readonly gateway: TestGateway<'a'>;
  /** Of the files: own.pem, own.key, clients.pem. */
  readonly folder: TemporaryFolder;
  readonly port: number;
}

/** A gateway that listens with HTTPS, at one of its listeners. */
export async function listenSecurely(
  tls: object = {},
  at: 'app' | 'admin' = 'app',
  others: object = {},
): Promise<SecureGateway> {
  const { cert, key } = authority.issue(['127.0.0.1']);
  const folder = await temporaryFolder({ 'own.pem': cert, 'own.key': key, 'clients.pem': clients.cert });
  const settings = { tls: { cert: 'own.pem', key: 'own.key', ...tls }, ...others };
  const gateway = await startGateway({
    subgraphs: { a: { typeDefs: 'type Query { x: Int }', resolvers: { Query: { x: () => 1 } } } },
    folder: folder.path,
    config: at === 'app' ? { server: settings } : { admin: settings },
  });
  const app = gateway.gateway[at];
  await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    gateway,
    folder,
    port: (app.server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** What a client gets, or why it gets nothing. */
export async function ask(port: number, options: RequestOptions = {}): Promise<string> {
  const sent = request({
    ...{ host: '127.0.0.1', port, path: '/graphql', method: 'POST', agent: false },
    ...{ ca: authority.cert, headers: { 'content-type': 'application/json' } },
    ...options,
  });
  sent.end(sent.method === 'POST' ? '{"query":"{ x }"}' : undefined);
  try {
    const [response] = await once(sent, 'response');
    let text = '';
    for await (const chunk of response) text += chunk;
    return `${response.statusCode} ${text}`;
  } catch (error) {
    return `${(error as NodeJS.ErrnoException).code}: ${(error as Error).message}`;
  }
}

/** A connection whose handshake has been done. */
export async function handshake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca: authority.cert, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

/** Of the certificate that a new connection is shown. */
export async function serialAt(port: number): Promise<string> {
  const socket = await handshake(port);
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}
