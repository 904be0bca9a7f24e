import { createSecretKey } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { compileForwarding, NOTHING_FORWARDED } from '../../../src/execution/fetch/forward.ts';
import { createSigner } from '../../../src/execution/fetch/sign/signer.ts';
import type { SubgraphRequest } from '../../../src/execution/fetch/subgraph-fetch.ts';
import { createTransport, type SubgraphEndpoint } from '../../../src/execution/fetch/transport.ts';
import { systemClock } from '../../../src/shared/clock.ts';

/** A subgraph that drops its kept connection at the second request, and what it has seen. */
async function forgetful(settings: Partial<SubgraphEndpoint> = {}) {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    if (seen.push(request.headers) === 2) request.socket.destroy();
    else request.resume().on('end', () => response.end('{}'));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  const endpoint = { url, timeoutMs: 5_000, maxResponseBytes: 1_000, connections: 1, ...settings };
  const transport = createTransport(new Map([['a', endpoint]]), systemClock);
  return {
    seen,
    ask(forwarded = NOTHING_FORWARDED) {
      const deadlineAt = systemClock.elapsed() + 5_000;
      const context = { deadlineAt, requestId: 'r', traceparent: null, forwarded };
      const request: SubgraphRequest = { subgraph: 'a', operationKind: 'query', body: '{}', context };
      return transport.fetch(request);
    },
    async [Symbol.asyncDispose]() {
      await transport.close();
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

test('a request that is sent once more has a signature of its own', async () => {
  const sign = createSigner({
    algorithm: 'hmac-sha256',
    keyId: 'weir',
    key: createSecretKey('a secret of thirty-two characters', 'utf8'),
    subgraph: 'a',
    components: [],
    clock: systemClock,
  });
  await using subgraph = await forgetful({ sign });
  for (let count = 0; count < 2; count++) await subgraph.ask();
  expect(subgraph.seen).toHaveLength(3);
  const nonces = subgraph.seen.map(headers => /nonce="(\w+)"/.exec(String(headers['signature-input']))?.[1]);
  expect(new Set(nonces).size).toBe(3);
  expect(nonces).not.toContain(undefined);
});

test('the headers about the caller are sent, each once, beside those of the request', async () => {
  await using subgraph = await forgetful();
  const forward = compileForwarding(
    new Map([
      [
        'a',
        {
          identity: true,
          headers: {
            request: [{ propagate: { name: 'x-odd' } }, { insert: { name: 'x-key', value: 'k' } }],
          },
        },
      ],
    ]),
  );
  const facts = {
    subject: 'Zoë\r\nx-persona: admin',
    roles: new Set(['b', 'a,b']),
    tenant: 't',
    persona: null,
    claims: {},
  };
  await subgraph.ask(forward({ facts, headers: { 'x-odd': 'caf\u00e9', 'x-persona': 'admin' } }));
  expect(subgraph.seen[0]).toMatchObject({
    'x-user-id': 'Zo%C3%AB%0D%0Ax-persona:%20admin',
    'x-user-roles': 'a%2Cb,b',
    'x-tenant-id': 't',
    'x-odd': 'caf\u00e9',
    'x-key': 'k',
    'x-request-id': 'r',
  });
  expect(subgraph.seen[0]).not.toHaveProperty('x-persona');
  expect(subgraph.seen[0]).not.toHaveProperty('signature');
});
