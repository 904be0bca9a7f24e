import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createSecureServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { createAuthority, type TestCertificate } from '../support/certificates.ts';
import { sendJson } from '../support/fake-subgraph.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const authority = createAuthority();
const next = createAuthority('the next authority');
const clients = createAuthority('authority of gateways');

interface Secure extends AsyncDisposable {
  readonly folder: TemporaryFolder;
  readonly gateway: TestGateway<'a'>;
  /** The name that the subgraph was shown with the last request, or what went wrong. */
  ask(): Promise<string>;
  /** Messages and reasons about certificates that were logged. */
  told(): readonly string[];
}

/** The subgraph takes one request a connection, and wants a certificate. */
async function startSecure(shown: TestCertificate = authority.issue(['127.0.0.1'])): Promise<Secure> {
  const own = clients.issue(['weir']);
  const folder = await temporaryFolder({
    'certificates/ca.pem': authority.cert,
    'certificates/own.pem': own.cert,
    'certificates/own.key': own.key,
  });
  const respond = (_seen: unknown, response: ServerResponse): void => {
    const { subject } = (response.socket as TLSSocket).getPeerCertificate();
    response.setHeader('connection', 'close');
    sendJson(response, { data: { x: subject.CN } });
  };
  const tls = { ...shown, ca: clients.cert, requestCert: true, rejectUnauthorized: true };
  const files = { ca: 'ca.pem', cert: 'own.pem', key: 'own.key' } as const;
  const named = Object.fromEntries(Object.entries(files).map(([key, name]) => [key, `certificates/${name}`]));
  const gateway = await startGateway({
    subgraphs: { a: { typeDefs: 'type Query { x: String }', respond, tls } },
    folder: folder.path,
    config: { execution: { subgraphs: { a: { tls: named } } } },
  });
  return {
    folder,
    gateway,
    async ask() {
      const { data, errors } = await gateway.ask('{ x }');
      return errors === undefined ? String(data?.['x']) : JSON.stringify(errors);
    },
    told: () =>
      gateway.log.filter(({ message }) => message.includes('certificates')).map(({ message }) => message),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Files are looked at every second, which passes by hand. */
beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());
const look = (): void => void vi.advanceTimersByTime(1_000);

async function untilTold(secure: Secure, count: number): Promise<void> {
  const told = (): number => {
    look();
    return secure.told().length;
  };
  await expect.poll(told, { interval: 20 }).toBe(count);
}

test('CAs and certificates are renewed under traffic, and no request is lost', async () => {
  await using secure = await startSecure();
  let traffic = true;
  const results: string[] = [];
  const asking = [1, 2].map(async () => {
    while (traffic) results.push(await secure.ask());
  });
  await secure.folder.write('certificates/ca.pem', authority.cert + next.cert);
  await untilTold(secure, 1);
  secure.gateway.subgraphs.a.renew({ ...next.issue(['127.0.0.1']), ca: clients.cert });
  const renewed = clients.issue(['weir-2']);
  await secure.folder.write('certificates/own.pem', renewed.cert);
  await secure.folder.write('certificates/own.key', renewed.key);
  await untilTold(secure, 2);
  await expect.poll(() => results.at(-1)).toBe('weir-2');
  traffic = false;
  await Promise.all(asking);
  expect(new Set(results)).toEqual(new Set(['weir', 'weir-2']));
});

test('files that cannot be used leave those before in use, are told of once, and can be mended', async () => {
  await using secure = await startSecure();
  await secure.folder.write('certificates/ca.pem', '-----BEGIN CERTIFICATE-----\ncut off');
  await untilTold(secure, 1);
  expect(await secure.ask()).toBe('weir');
  for (let time = 0; time < 20; time++) {
    look();
    await new Promise(resolve => setTimeout(resolve, 2));
  }
  expect(secure.gateway.log.filter(({ level }) => level === 'error')).toEqual([
    {
      level: 'error',
      message: 'certificates could not be renewed; those before stay in use',
      fields: {
        files: expect.arrayContaining([expect.stringMatching(/ca\.pem$/)]),
        reason: expect.stringContaining('execution.subgraphs.a.tls.ca'),
      },
    },
  ]);
  await secure.folder.write('certificates/ca.pem', authority.cert);
  await untilTold(secure, 2);
  expect(secure.told().at(-1)).toBe('certificates were renewed');
  expect(await secure.ask()).toBe('weir');
});

test('why a handshake fails is in the log, and in no answer', async () => {
  await using secure = await startSecure(next.issue(['127.0.0.1']));
  const answer = await secure.ask();
  expect(JSON.parse(answer)).toMatchObject([
    { path: ['x'], extensions: { code: 'SUBGRAPH_UNAVAILABLE', subgraph: 'a' } },
  ]);
  expect(answer).not.toMatch(/certificate|VERIFY/i);
  expect(secure.gateway.log).toContainEqual(
    expect.objectContaining({
      level: 'warn',
      fields: expect.objectContaining({
        subgraph: 'a',
        reason: expect.stringContaining('of no CA that is trusted'),
      }),
    }),
  );
});

const PLAIN = { a: { typeDefs: 'type Query { x: String }' } };
const own = authority.issue(['weir']);

test.each([
  ['missing', { ca: 'gone.pem' }, /gone\.pem \(execution\.subgraphs\.all\.tls\.ca\).*no such file/],
  ['a key for a CA', { ca: 'own.key' }, /own\.key .*tls\.ca.*no certificate in PEM/],
  ['cut off', { ca: 'cut.pem' }, /cut\.pem .*number 2.*cut off/],
  ['a certificate for a key', { cert: 'own.pem', key: 'own.pem' }, /tls\.key.*not a private key in PEM/],
  ['of another key', { cert: 'own.pem', key: 'other.key' }, /other\.key .*tls\.key.*own\.pem .*tls\.cert/],
  ['a folder', { ca: '.' }, /tls\.ca.*folder/],
] as const)('a file that is %s stops the start', async (_what, tls, message) => {
  await using folder = await temporaryFolder({
    'own.pem': own.cert,
    'own.key': own.key,
    'other.key': authority.key,
    'cut.pem': `${authority.cert}-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n`,
  });
  const config: GatewayConfigInput = { execution: { subgraphs: { all: { tls } } } };
  const starting = startGateway({ subgraphs: PLAIN, folder: folder.path, config });
  await expect(starting).rejects.toThrow(message);
});

test.each([
  ['cert without key', { a: { tls: { cert: 'own.pem' } } }, /cert and key go together/],
  [
    'an address for a name',
    { a: { tls: { serverName: '127.0.0.1' } } },
    /serverName: is not the name of a host/,
  ],
  ['tls for an http URL', { a: { tls: {} } }, /execution\.subgraphs\.a\.tls: .*http URL.*write https/],
  ['http2 for an http URL', { a: { http2: true } }, /execution\.subgraphs\.a\.http2: .*http URL/],
  [
    'tls for no https URL at all',
    { all: { tls: {} } },
    /execution\.subgraphs\.all\.tls: no subgraph has an https URL/,
  ],
] as const)('%s is refused', async (_what, subgraphs, message) => {
  await expect(startGateway({ subgraphs: PLAIN, config: { execution: { subgraphs } } })).rejects.toThrow(
    message,
  );
});

test('an https URL of one subgraph is enough for settings of all', async () => {
  await using gateway = await startGateway({
    subgraphs: { ...PLAIN, b: { typeDefs: 'type Query { y: String }', tls: authority.issue(['127.0.0.1']) } },
    config: { execution: { subgraphs: { all: { tls: {} } } } },
  });
  expect(gateway.log.map(({ level }) => level)).not.toContain('error');
});

test('with http2 a subgraph is asked over one connection of HTTP/2', async () => {
  const { cert, key } = authority.issue(['127.0.0.1']);
  const sessions: ServerHttp2Session[] = [];
  const server = createSecureServer({ cert, key }, (request, response) => {
    const data = { x: `${request.httpVersion} ${request.headers['x-request-id']}` };
    request.resume().on('end', () => response.end(JSON.stringify({ data })));
  });
  server.on('session', session => void sessions.push(session)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  await using folder = await temporaryFolder({ 'ca.pem': authority.cert });
  await using gateway = await startGateway({
    subgraphs: PLAIN,
    folder: folder.path,
    // Else the three are one.
    config: {
      execution: {
        sharing: { operations: false, fetches: false },
        subgraphs: { a: { url, http2: true, tls: { ca: 'ca.pem' } } },
      },
    },
  });
  const answers = await Promise.all(
    ['r-1', 'r-2', 'r-3'].map(id => gateway.ask(`{ x } # ${id}`, {}, { 'x-request-id': id })),
  );
  expect(answers).toEqual(['r-1', 'r-2', 'r-3'].map(id => ({ data: { x: `2.0 ${id}` } })));
  expect(sessions).toHaveLength(1);
  server.close();
});
