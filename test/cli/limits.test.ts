import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../support/start-cli.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../support/start-gateway.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let gateway: TestGateway<'a'>;
let admin: string;

const provider = (issuer: string) => ({
  issuer,
  audiences: ['weir'],
  algorithms: ['HS256'],
  secret: 'x'.repeat(32),
});

beforeAll(async () => {
  gateway = await startGateway({
    subgraphs: {
      a: { typeDefs: 'type Query { hello: String }', resolvers: { Query: { hello: () => 'hi' } } },
    },
    config: {
      identity: { jwt: { providers: ['https://a.example', 'https://b.example'].map(provider) } },
      policy: {
        rateLimit: {
          limits: {
            callers: { limit: 10, window: '1h', algorithm: 'fixed-window' },
            visits: { limit: 5, window: '1m', by: ['header:x-visit', 'ip'], shadow: true },
          },
        },
      },
    },
  });
  admin = await gateway.gateway.admin.listen({ host: '127.0.0.1', port: 0 });
});

afterAll(() => gateway[Symbol.asyncDispose]());

async function limits(args: readonly string[], files: Readonly<Record<string, string>> = {}) {
  await using folder = await temporaryFolder(files);
  return await runCli(['limits', ...args], { cwd: folder.path });
}

const ask = (): Promise<Response> => gateway.handle(graphqlRequest({ query: '{ hello }' }));

describe('weir limits', () => {
  test('shows what an address has left as a table, and lets it begin anew', async () => {
    await ask();
    const shown = await limits(['show', '--ip', '127.0.0.1', '--admin', admin]);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout.replace(/in \d+ s/, 'in … s')).toBe(
      [
        'limit    by       allows  algorithm     left  full again',
        'callers  subject  10/1h   fixed-window  9     in … s',
        'visits: not known without --header x-visit=…',
        '',
      ].join('\n'),
    );
    const reset = await limits(['reset', '--ip', '127.0.0.1', '--limit', 'callers', '--admin', admin]);
    expect(reset).toEqual({ code: 0, stdout: 'full again: callers\n', stderr: '' });
    const after = await limits(['show', '--ip', '127.0.0.1', '--json', '--admin', admin]);
    expect(JSON.parse(after.stdout).limits).toMatchObject([
      { id: 'callers', remaining: 10, resetAfterMs: 0 },
    ]);
  });

  test('asks for the issuer of a subject where there are several', async () => {
    const args = ['show', '--subject', 'u-1', '--limit', 'callers', '--admin', admin];
    const asked = await limits(args);
    expect(asked.stdout.split('\n')[1]).toBe('callers: not known without --issuer …');
    const shown = await limits([...args, '--issuer', 'https://b.example']);
    expect(shown.stdout.split('\n')[1]).toBe('callers  subject  10/1h   fixed-window  10    full');
  });

  test('takes headers, and finds the admin listener where the configuration has it', async () => {
    const { port } = new URL(admin);
    const files = { 'gateway.yaml': `admin: { listen: "0.0.0.0:${port}" }` };
    const args = ['show', '--ip', '::ffff:127.0.0.1', '--header', 'x-visit=a=b', '--limit', 'visits'];
    const { stdout } = await limits(args, files);
    expect(stdout.split('\n')[1]).toBe(
      'visits  header:x-visit + ip  5/1m (shadow)  sliding-window  5     full',
    );
  });

  test.each([
    ['the gateway refuses', ['show', '--ip', 'nowhere'], 'weir: "ip": "nowhere" is no address\n'],
    ['nobody is meant', ['reset'], 'callers needs subject'],
    ['a header has no value', ['show', '--header', 'x-visit'], 'weir: --header x-visit: write NAME=VALUE\n'],
    ['the address is none', ['show', '--admin', 'localhost:1'], 'weir: --admin: "localhost:1" is no URL'],
    [
      'nothing is there',
      ['show', '--admin', 'http://127.0.0.1:1'],
      'no gateway answers at http://127.0.0.1:1',
    ],
  ])('says in a sentence that %s', async (_, args, text) => {
    const { code, stdout, stderr } = await limits(
      args.includes('--admin') ? args : [...args, '--admin', admin],
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(text);
  });

  test('says that it met something else', async () => {
    const server = createServer((_, response) => response.writeHead(404).end('<html>')).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await limits(['show', '--admin', `http://127.0.0.1:${port}`]);
    server.close();
    expect(code).toBe(1);
    expect(stderr).toContain('is no admin listener of weir (status 404)');
  });
});
