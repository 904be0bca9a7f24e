import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { startGateway } from '../support/start-gateway.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Takes connections, as Redis does, and says nothing. */
async function silentServer(): Promise<{
  port: number;
  connected: Promise<Socket>;
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connected = once(server, 'connection').then(([socket]) => socket as Socket);
  return {
    port: (server.address() as AddressInfo).port,
    connected,
    async [Symbol.asyncDispose]() {
      (await connected).destroy();
      server.close();
    },
  };
}

test.each([
  [
    'a contract that leaves nothing',
    { web: { contract: { includeTags: ['nobody-has-this'] } } },
    /contract|tag/i,
  ],
  ['rules that are not there', {}, /rules/],
])('a start that fails for %s leaves no connection behind', async (_what, personas, expected) => {
  await using redis = await silentServer();
  await using folder = await temporaryFolder({});
  const starting = startGateway({
    subgraphs: { a: { typeDefs: 'type Query { x: Int }' } },
    folder: folder.path,
    config: {
      storage: { redis: { url: `redis://127.0.0.1:${redis.port}` } },
      policy: Object.keys(personas).length === 0 ? { authorization: { rules: './rules.ts' } } : {},
      personas,
    },
  });
  await expect(starting).rejects.toThrow(expected);
  const socket = await redis.connected;
  if (!socket.closed) await once(socket.resume(), 'close');
});
