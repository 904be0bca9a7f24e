import { once } from 'node:events';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createSecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { NOTHING_FORWARDED } from '../../../src/execution/fetch/forward.ts';
import { createTransport } from '../../../src/execution/fetch/transport.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import { describeFailure } from '../../../src/shared/describe-failure.ts';
import { createAuthority } from '../../support/certificates.ts';

const authority = createAuthority();
const stranger = createAuthority('another authority');
const own = authority.issue(['orders.internal', '127.0.0.1']);
const TRUSTING = { ca: authority.cert };

/** Answers with the name that its client has shown. */
async function startSecure(options: ServerOptions = own) {
  let requests = 0;
  const server = createServer(options, (request, response) => {
    requests++;
    const { subject } = (request.socket as TLSSocket).getPeerCertificate();
    request.resume().on('end', () => response.end(subject?.CN ?? 'nobody'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    requests: () => requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(done => server.close(done));
    },
  };
}

/** What a subgraph answers, or why it does not. @param options absent: there are no settings */
async function ask(url: string, options?: SecureContextOptions, serverName?: string): Promise<string> {
  const made = options === undefined ? undefined : createSecureContext(options);
  const tls = made === undefined ? undefined : { id: 'a', serverName, current: () => made };
  const endpoint = { url, timeoutMs: 5_000, maxResponseBytes: 1_000, connections: 2, tls };
  const transport = createTransport(new Map([['a', endpoint]]), systemClock);
  const deadlineAt = systemClock.elapsed() + 5_000;
  const context = { deadlineAt, requestId: 'r', traceparent: null, forwarded: NOTHING_FORWARDED };
  try {
    const request = { subgraph: 'a', operationKind: 'query', body: '{}', context } as const;
    return (await transport.fetch(request)).body.toString();
  } catch (error) {
    const { code, cause } = error as { readonly code: string; readonly cause: unknown };
    return `${code}: ${describeFailure(cause)}`;
  } finally {
    await transport.close();
  }
}

test('a subgraph with a certificate of the named CA answers', async () => {
  await using subgraph = await startSecure();
  expect(await ask(subgraph.url, TRUSTING)).toBe('nobody');
});

test.each([
  ['of a CA that is not the named one', { ca: stranger.cert }, own],
  ['of a CA that Node does not know', undefined, own],
  ['that has expired', TRUSTING, authority.issue(['127.0.0.1'], { isExpired: true })],
  ['of another host', TRUSTING, authority.issue(['127.0.0.2'])],
] as const)('a subgraph with a certificate %s is sent nothing', async (_what, options, shown) => {
  await using subgraph = await startSecure(shown);
  expect(await ask(subgraph.url, options)).toMatch(/^SUBGRAPH_UNAVAILABLE: .*(certificate|altnames)/);
  expect(subgraph.requests()).toBe(0);
});

test('the certificate must have serverName, whatever the host of the URL', async () => {
  await using subgraph = await startSecure(authority.issue(['orders.internal']));
  expect(await ask(subgraph.url, TRUSTING, 'orders.internal')).toBe('nobody');
  expect(await ask(subgraph.url, TRUSTING, 'users.internal')).toContain('users.internal');
  expect(await ask(subgraph.url, TRUSTING)).toContain('127.0.0.1');
  expect(subgraph.requests()).toBe(1);
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'a subgraph that asks for a certificate (%s) gets one, or there is no answer',
  async version => {
    const asking = { ca: authority.cert, requestCert: true, rejectUnauthorized: true };
    await using subgraph = await startSecure({ ...own, ...asking, minVersion: version, maxVersion: version });
    expect(await ask(subgraph.url, { ...TRUSTING, ...authority.issue(['weir']) })).toBe('weir');
    expect(await ask(subgraph.url, TRUSTING)).toMatch(/^SUBGRAPH_UNAVAILABLE/);
    expect(await ask(subgraph.url, { ...TRUSTING, ...stranger.issue(['weir']) })).toMatch(
      /^SUBGRAPH_UNAVAILABLE/,
    );
    expect(subgraph.requests()).toBe(1);
  },
);

test.each([
  ['TLSv1.1', 'TLSv1.2', false],
  ['TLSv1.2', 'TLSv1.2', true],
  ['TLSv1.2', 'TLSv1.3', false],
  ['TLSv1.3', 'TLSv1.3', true],
] as const)('of a subgraph that speaks %s and a minVersion of %s', async (spoken, minVersion, isAnswered) => {
  // What OpenSSL needs to speak the old versions at all.
  const old = { ciphers: 'DEFAULT@SECLEVEL=0', minVersion: 'TLSv1' } as const;
  await using subgraph = await startSecure({ ...own, ...old, maxVersion: spoken });
  expect(await ask(subgraph.url, { ...TRUSTING, ...old })).toBe('nobody');
  expect(await ask(subgraph.url, { ...TRUSTING, minVersion })).toMatch(
    isAnswered ? 'nobody' : /TLS handshake.*ERR_SSL/,
  );
});
