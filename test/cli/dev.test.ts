import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startFakeSubgraph } from '../support/fake-subgraph.ts';
import { REPOSITORY, type RunningCli, startCli } from '../support/start-cli.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const SCHEMA = 'type Query { greeting: String }';
const LISTEN = 'server: { listen: "127.0.0.1:0" }\nadmin: { listen: "127.0.0.1:0" }\n';

function urlIn(output: string): string {
  return [...output.matchAll(/listening {2}url=(\S+)/g)].at(-1)?.[1] ?? '';
}

async function ask(url: string, query: string): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  return (await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) })).json();
}

function folderFor(url: string): Promise<TemporaryFolder> {
  return temporaryFolder({
    'a.graphql': SCHEMA,
    'gateway.yaml': LISTEN,
    'supergraph.yaml': `subgraphs: { a: { routing_url: '${url}', schema: { file: a.graphql } } }`,
  });
}

async function inFolder(check: (cli: RunningCli, folder: TemporaryFolder) => Promise<void>): Promise<void> {
  await using subgraph = await startFakeSubgraph({
    typeDefs: SCHEMA,
    resolvers: { Query: { greeting: () => 'hello' } },
  });
  await using folder = await folderFor(subgraph.url);
  await using cli = startCli(['dev'], { cwd: folder.path });
  await cli.said('listening');
  await check(cli, folder);
}

const section = /\n## One subgraph fails[\s\S]*?(?=\n## )/.exec(
  readFileSync(join(REPOSITORY, 'README.md'), 'utf8'),
)?.[0] as string;

function answerInReadme(): unknown {
  return JSON.parse(/```json\n([\s\S]*?)```/.exec(section)?.[1] as string);
}

async function askAsInReadme(url: string): Promise<unknown> {
  const [chaos, request] = [...section.matchAll(/-d '([^']+)'/g)].map(([, body]) => body as string);
  const [address] = /http:\S+\/chaos/.exec(section) ?? [];
  const headers = { 'content-type': 'application/json' };
  await fetch(address as string, { method: 'POST', headers, body: chaos as string });
  return ask(url, JSON.parse(request as string).query);
}

test("weir dev serves the user's own folder without the example subgraphs, and introspects", async () => {
  await inFolder(async cli => {
    expect(cli.output.stdout).toContain('subgraphs=["a"]');
    expect(await ask(urlIn(cli.output.stdout), '{ greeting __schema { queryType { name } } }')).toEqual({
      data: { greeting: 'hello', __schema: { queryType: { name: 'Query' } } },
    });
    cli.process.kill('SIGINT');
    expect(await cli.ended()).toBe(0);
  });
});

test('weir dev reloads an edited schema, and says in a block why it does not', async () => {
  await inFolder(async (cli, folder) => {
    await folder.write('a.graphql', 'type Query { greeting: Strin }');
    const output = await cli.said('was not reloaded');
    expect(output).toMatch(/error the supergraph was not reloaded.*\n {2}- \[a\] Query\.greeting .*Strin/);
    await folder.write('a.graphql', `${SCHEMA} type More { a: Int }`);
    await cli.said(/supergraph loaded[\s\S]*supergraph loaded/);
    expect(await ask(urlIn(cli.output.stdout), '{ greeting }')).toEqual({ data: { greeting: 'hello' } });
  });
});

test('weir dev takes over an edited gateway.yaml, and keeps the old one when it is wrong', async () => {
  await inFolder(async (cli, folder) => {
    await folder.write('gateway.yaml', `${LISTEN}operation: { maxTokns: 5 }`);
    await cli.said(/configuration was not reloaded[\s\S]*maxTokens/);
    expect(await ask(urlIn(cli.output.stdout), '{ greeting }')).toEqual({ data: { greeting: 'hello' } });
    await folder.write('gateway.yaml', `${LISTEN}operation: { maxTokens: 5 }`);
    await cli.said(/listening[\s\S]*listening/);
    expect(await ask(urlIn(cli.output.stdout), '{ greeting a: greeting b: greeting }')).toHaveProperty(
      'errors',
    );
  });
});

test('weir dev brings the example subgraphs along for the example, breaks one as the README does, and ends them with itself', async () => {
  await using cli = startCli(['dev', '--listen', '127.0.0.1:0'], {
    env: { WEIR_ADMIN_LISTEN: '127.0.0.1:0' },
  });
  await cli.said('listening');
  expect(
    await ask(urlIn(cli.output.stdout), '{ users(first: 1) { nodes { wishlist(first: 1) { name } } } }'),
  ).toEqual({
    data: { users: { nodes: [{ wishlist: [{ name: expect.any(String) }] }] } },
  });
  expect(await askAsInReadme(urlIn(cli.output.stdout))).toEqual(answerInReadme());
  cli.process.kill('SIGTERM');
  expect(await cli.ended()).toBe(0);
  await expect(fetch('http://127.0.0.1:4001/health')).rejects.toThrow();
});

test('weir dev ends the example subgraphs when one of them cannot start', async () => {
  const server = createServer().listen(4002, '127.0.0.1');
  await once(server, 'listening');
  await using cli = startCli(['dev', '--listen', '127.0.0.1:0'], {
    env: { WEIR_ADMIN_LISTEN: '127.0.0.1:0' },
  });
  expect(await cli.ended()).toBe(1);
  server.close();
  expect(cli.output.stderr).toMatch(/^weir: the example subgraph orders did not start: .*EADDRINUSE.*\n$/);
  await expect(fetch('http://127.0.0.1:4001/health')).rejects.toThrow();
});
