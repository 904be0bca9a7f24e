import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { request as plainRequest } from 'node:http';
import { Agent } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startOwnTime } from '../support/own-time.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { ask, authority, clients, handshake, listenSecurely, serialAt } from './secure-gateway.ts';

const ANSWER = '200 {"data":{"x":1}}';

test('clients are answered over HTTPS, and over nothing older than TLS 1.2', async () => {
  await using gateway = await listenSecurely();
  expect(await ask(gateway.port)).toBe(ANSWER);
  // What OpenSSL needs to speak the old versions at all.
  const old = { ciphers: 'DEFAULT@SECLEVEL=0', minVersion: 'TLSv1' } as const;
  expect(await ask(gateway.port, { ...old, maxVersion: 'TLSv1.2' })).toBe(ANSWER);
  expect(await ask(gateway.port, { ...old, maxVersion: 'TLSv1.1' })).toContain('protocol version');
});

test('with a minVersion of TLSv1.3, TLS 1.2 is refused', async () => {
  await using gateway = await listenSecurely({ minVersion: 'TLSv1.3' });
  expect(await ask(gateway.port)).toBe(ANSWER);
  expect(await ask(gateway.port, { maxVersion: 'TLSv1.2' })).toContain('protocol version');
});

test('who speaks no TLS is cut off, and is told nothing', async () => {
  await using gateway = await listenSecurely();
  const plain = plainRequest({ host: '127.0.0.1', port: gateway.port, path: '/graphql' }).end();
  await expect(once(plain, 'response')).rejects.toThrow();
  const socket = connect(gateway.port, '127.0.0.1');
  let received = '';
  socket.on('data', data => {
    received += data.toString('latin1');
  });
  socket.write('nonsense nonsense\r\n\r\n');
  await once(socket, 'close');
  expect(received).not.toContain('HTTP');
  expect(await ask(gateway.port)).toBe(ANSWER);
});

test.each([
  ['require', undefined, false],
  ['require', 'require', false],
  ['request', 'request', true],
] as const)('certificates of clients: %s (%s)', async (_meaning, clientCertificates, isOptional) => {
  await using gateway = await listenSecurely({
    clientCa: 'clients.pem',
    ...(clientCertificates === undefined ? {} : { clientCertificates }),
  });
  expect(await ask(gateway.port, clients.issue(['app']))).toBe(ANSWER);
  if (isOptional) expect(await ask(gateway.port)).toBe(ANSWER);
  else expect(await ask(gateway.port)).toContain('CERTIFICATE_REQUIRED');
  for (const bad of [authority.issue(['app']), clients.issue(['app'], { isExpired: true })]) {
    expect(await ask(gateway.port, bad)).toMatch(/^E/);
  }
  expect(gateway.gateway.log).toContainEqual({
    level: 'debug',
    message: 'a client got no TLS connection',
    fields: { reason: 'the certificate that it showed is not good (CERT_HAS_EXPIRED)' },
  });
});

test('a clientCa with clientCertificates: none asks for none', async () => {
  await using gateway = await listenSecurely({ clientCa: 'clients.pem', clientCertificates: 'none' });
  expect(await ask(gateway.port, authority.issue(['app']))).toBe(ANSWER);
});

test('a renewed certificate is shown to new connections, and no request is lost', async () => {
  await using gateway = await listenSecurely();
  const kept = new Agent({ keepAlive: true, maxSockets: 1 });
  let traffic = true;
  const results: string[] = [];
  const clientsAsking = [kept, false as const].map(async agent => {
    while (traffic) results.push(await ask(gateway.port, { agent }));
  });
  const renewed = authority.issue(['127.0.0.1']);
  const { serialNumber } = new X509Certificate(renewed.cert);
  expect(await serialAt(gateway.port)).not.toBe(serialNumber);
  await gateway.folder.write('own.pem', renewed.cert);
  await gateway.folder.write('own.key', renewed.key);
  await expect.poll(() => serialAt(gateway.port), { timeout: 5_000 }).toBe(serialNumber);
  traffic = false;
  await Promise.all(clientsAsking);
  kept.destroy();
  expect(results.length).toBeGreaterThan(20);
  expect(new Set(results)).toEqual(new Set([ANSWER]));
});

test('what an old clientCa let in does not come back with a session of that time', async () => {
  await using gateway = await listenSecurely({ clientCa: 'clients.pem' });
  const shown = clients.issue(['app']);
  const sessions: Buffer[] = [];
  const before = await handshake(gateway.port, shown);
  before.on('session', session => sessions.push(session)).resume();
  await expect.poll(() => sessions.length).toBeGreaterThan(0);
  const session = sessions.at(-1) as Buffer;
  const again = await handshake(gateway.port, { ...shown, session });
  expect(again.isSessionReused()).toBe(true);
  await gateway.folder.write('clients.pem', authority.cert);
  await expect.poll(() => ask(gateway.port, authority.issue(['app'])), { timeout: 5_000 }).toBe(ANSWER);
  const late = await handshake(gateway.port, { ...shown, session });
  expect(late.isSessionReused()).toBe(false);
  for (const socket of [before, again, late]) socket.destroy();
});

test('a client that never ends its handshake is cut off', async () => {
  await using gateway = await listenSecurely({}, 'app', { requestTimeout: '200ms' });
  const silent = connect(gateway.port, '127.0.0.1')
    .on('error', () => {})
    .resume();
  await once(silent, 'close');
  expect(gateway.gateway.log.at(-1)?.fields).toEqual({ reason: 'TLS handshake timeout' });
});

test('a client that never ends its handshake keeps nobody from closing', async () => {
  const gateway = await listenSecurely();
  const silent = connect(gateway.port, '127.0.0.1').on('error', () => {});
  await once(silent, 'connect');
  using time = startOwnTime();
  await gateway[Symbol.asyncDispose]();
  expect(time.ms).toBeLessThan(2_000);
  if (!silent.closed) await once(silent.resume(), 'close');
});

test('an expired certificate is told of at the start, and its end is a metric', async () => {
  const expired = authority.issue(['127.0.0.1'], { isExpired: true });
  await using folder = await temporaryFolder({ 'old.pem': expired.cert, 'old.key': expired.key });
  const files = { cert: join(folder.path, 'old.pem'), key: join(folder.path, 'old.key') };
  await using gateway = await listenSecurely(files);
  const ended = new Date(new X509Certificate(expired.cert).validTo);
  expect(gateway.gateway.log).toContainEqual({
    level: 'warn',
    message: 'a certificate has expired, and will be refused; renew its file',
    fields: { setting: 'server.tls.cert', ended: ended.toISOString() },
  });
  const metrics = await gateway.gateway.gateway.admin.inject('/metrics');
  expect(metrics.body).toContain(
    `weir_certificate_expiry_timestamp_seconds{setting="server.tls.cert"} ${ended.getTime() / 1_000}`,
  );
});

test('the admin listener can have it too', async () => {
  await using gateway = await listenSecurely({ clientCa: 'clients.pem' }, 'admin');
  const metrics = { method: 'GET', path: '/metrics' };
  expect(await ask(gateway.port, { ...metrics, ...clients.issue(['operator']) })).toMatch(/^200 .*weir_/s);
  expect(await ask(gateway.port, metrics)).toContain('CERTIFICATE_REQUIRED');
});
