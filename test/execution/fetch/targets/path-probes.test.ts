import { once } from 'node:events';
import { createServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createSecureContext } from 'node:tls';
import { expect, onTestFinished, test, vi } from 'vitest';
import { probeConfig } from '../../../../src/config/targets.ts';
import { NOTHING_FORWARDED } from '../../../../src/execution/fetch/forward.ts';
import { Probing } from '../../../../src/execution/fetch/targets/probe-targets.ts';
import { TargetGroup } from '../../../../src/execution/fetch/targets/target-group.ts';
import { createTransport } from '../../../../src/execution/fetch/transport.ts';
import { systemClock } from '../../../../src/shared/clock.ts';
import { createAuthority } from '../../../support/certificates.ts';

const authority = createAuthority();
const own = authority.issue(['127.0.0.1']);

interface Seen {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** A server that says how it is, whatever it is asked. */
async function startServer(http2: boolean) {
  const seen: Seen[] = [];
  const running = { status: 200, seen, url: '' };
  const listener = (
    { method, url, headers }: Seen,
    response: { writeHead(status: number): void; end(): void },
  ): void => {
    seen.push({ method, url, headers });
    response.writeHead(running.status);
    response.end();
  };
  const server = http2 ? createSecureServer(own, listener) : createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return Object.assign(running, { url: `${http2 ? 'https' : 'http'}://127.0.0.1:${port}/graphql` });
}

/** Two targets that are probed; one failure ejects. */
async function startProbing(path: string, http2: boolean) {
  const [first, second] = [await startServer(http2), await startServer(http2)];
  const context = createSecureContext({ ca: authority.cert });
  const endpointOf = ({ url }: { readonly url: string }) => ({
    url,
    timeoutMs: 5_000,
    maxResponseBytes: 10_000,
    connections: 1,
    sign: () => ['signature', 's'],
    ...(http2 ? { http2, tls: { id: 'a', serverName: undefined, current: () => context } } : {}),
  });
  const endpoints = new Map([
    ['first', endpointOf(first)],
    ['second', endpointOf(second)],
  ]);
  const transport = createTransport(endpoints, systemClock);
  const group = new TargetGroup({
    places: [...endpoints.keys()].map(endpoint => ({ endpoint, address: endpoint })),
    settings: { failures: 1, outFor: 60_000, maxOutFor: 60_000 },
    events: { ejected: () => {}, returned: () => {} },
  });
  const probing = new Probing();
  const plan = { subgraph: 'a', group, settings: probeConfig.parse({ every: '100ms', path }) };
  const forwarded = { ...NOTHING_FORWARDED, headersFor: () => ['x-key', 'k'] };
  probing.restart([plan], { send: transport.fetch, forwarded, clock: systemClock });
  onTestFinished(async () => {
    probing.close();
    await transport.close();
  });
  return { first, states: () => group.targets.map(({ state }) => state.kind) };
}

test.each([
  ['1.1', false],
  ['2', true],
])('a path is asked by GET over HTTP/%s, and only a status of 2xx does well', async (_, http2) => {
  const { first, states } = await startProbing('/health?deep=1', http2);
  for (const status of [503, 404, 302]) {
    first.status = status;
    await vi.waitFor(() => expect(states()).toEqual(['ejected', 'serving']), 5_000);
    first.status = 204;
    await vi.waitFor(() => expect(states()).toEqual(['serving', 'serving']), 5_000);
  }
  const [{ method, url, headers } = {}] = first.seen;
  expect([method, url]).toEqual(['GET', '/health?deep=1']);
  expect(headers).toMatchObject({ 'x-key': 'k', 'x-request-id': expect.any(String) });
  for (const name of ['content-type', 'content-length', 'signature'])
    expect(headers).not.toHaveProperty(name);
});

test.each(['health', 'http://h/health', '/a b', '/a#b', '/ä', ''])('"%s" is no path to probe', path => {
  expect(probeConfig.safeParse({ path }).error?.issues).toMatchObject([{ path: ['path'] }]);
});
