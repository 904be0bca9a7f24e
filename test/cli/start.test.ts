import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { composeSupergraph } from '../support/compose.ts';
import { startFakeSubgraph } from '../support/fake-subgraph.ts';
import { createGate } from '../support/gate.ts';
import { type RunningCli, startCli } from '../support/start-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const TYPE_DEFS = 'type Query { greeting: String }';
const resolvers = { Query: { greeting: () => 'hello' } };
const sdlFor = (url: string): string => composeSupergraph([{ name: 'a', url, typeDefs: TYPE_DEFS }]);
const NOWHERE = 'http://127.0.0.1:9/graphql';

async function endpoint(cli: RunningCli): Promise<string> {
  return /"url":"([^"]+)"/.exec(await cli.said('"msg":"listening"'))?.[1] ?? '';
}

async function ask(url: string, query: string): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return response.json();
}

describe('weir start', () => {
  test('serves a plain supergraph SDL with no other file, introspection included', async () => {
    await using subgraph = await startFakeSubgraph({ typeDefs: TYPE_DEFS, resolvers });
    await using folder = await temporaryFolder({ 'supergraph.graphql': sdlFor(subgraph.url) });
    await using cli = startCli(['start', '--supergraph', 'supergraph.graphql', '--listen', '127.0.0.1:0'], {
      cwd: folder.path,
    });
    const url = await endpoint(cli);
    expect(await ask(url, '{ greeting }')).toEqual({ data: { greeting: 'hello' } });
    expect(await ask(url, '{ __schema { queryType { name } } }')).toEqual({
      data: { __schema: { queryType: { name: 'Query' } } },
    });
    expect(cli.output.stdout).not.toContain('"admin"');
  });

  test('composes supergraph.yaml and opens the listener for operators, with introspection off', async () => {
    await using subgraph = await startFakeSubgraph({ typeDefs: TYPE_DEFS, resolvers });
    await using folder = await temporaryFolder({
      'a.graphql': TYPE_DEFS,
      'supergraph.yaml': `subgraphs: { a: { routing_url: '${subgraph.url}', schema: { file: ./a.graphql } } }`,
      'gateway.yaml': 'server: { listen: "127.0.0.1:0" }\nadmin: { listen: "127.0.0.1:0" }',
    });
    await using cli = startCli(['start'], { cwd: folder.path });
    const url = await endpoint(cli);
    const admin = /"admin":"([^"]+)"/.exec(cli.output.stdout)?.[1];
    expect((await fetch(`${admin}/health/ready`)).status).toBe(200);
    expect(await (await fetch(`${admin}/metrics`)).text()).toContain('weir_generation_loaded');
    expect(await ask(url, '{ __schema { queryType { name } } }')).toMatchObject({
      errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
    });
  });

  test('finishes a request in flight when it is told to end, and exits with 0', async () => {
    const arrived = createGate();
    const released = createGate();
    await using subgraph = await startFakeSubgraph({
      typeDefs: TYPE_DEFS,
      async respond(_seen, response) {
        arrived.open();
        await released.opened;
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":{"greeting":"late"}}');
      },
    });
    await using folder = await temporaryFolder({
      's.graphql': sdlFor(subgraph.url),
      'gateway.yaml': 'server: { shutdown: { grace: 100ms } }',
    });
    const args = [
      'start',
      '--supergraph',
      's.graphql',
      '--config',
      'gateway.yaml',
      '--listen',
      '127.0.0.1:0',
    ];
    await using cli = startCli(args, { cwd: folder.path });
    const url = await endpoint(cli);
    const answer = ask(url, '{ greeting }');
    await arrived.opened;
    cli.process.kill('SIGTERM');
    await cli.said('"msg":"ending"');
    expect((await fetch(new URL('/health/ready', url))).status).toBe(503);
    released.open();
    expect(await answer).toEqual({ data: { greeting: 'late' } });
    expect(await cli.ended()).toBe(0);
  });

  test('warns of a gateway.yaml that it does not read', async () => {
    const files = { 's.graphql': sdlFor(NOWHERE), 'gateway.yaml': 'telemetry: { logLevel: silent }' };
    await using folder = await temporaryFolder(files);
    const args = ['start', '--supergraph', 's.graphql', '--listen', '127.0.0.1:0'];
    await using cli = startCli(args, { cwd: folder.path });
    await endpoint(cli);
    expect(cli.output.stdout).toContain('./gateway.yaml is not read');
  });

  test('ends at once on a second signal', async () => {
    await using folder = await temporaryFolder({
      's.graphql': sdlFor(NOWHERE),
      'gateway.yaml': 'server: { shutdown: { grace: 1h } }',
    });
    const args = [
      'start',
      '--supergraph',
      's.graphql',
      '--config',
      'gateway.yaml',
      '--listen',
      '127.0.0.1:0',
    ];
    await using cli = startCli(args, { cwd: folder.path });
    await endpoint(cli);
    cli.process.kill('SIGTERM');
    await cli.said('"msg":"ending"');
    // Sooner than half a second after the first one, it is taken for the same.
    const insist = setInterval(() => cli.process.kill('SIGTERM'), 50);
    expect(await cli.ended()).toBe(143);
    clearInterval(insist);
  });
});

/** Says when asked which files of packages the process has loaded. */
const TELL_LOADED = `
process.on('SIGUSR2', () => {
  const files = Object.keys(require.cache).map(path => path.split('/node_modules/').at(-1));
  process.stdout.write('loaded: ' + files.join(' ') + ' and no more');
});`;

test('weir start loads no package that nothing of its settings wants', async () => {
  await using folder = await temporaryFolder({ 's.graphql': sdlFor(NOWHERE), 'tell.cjs': TELL_LOADED });
  await using cli = startCli(['start', '--supergraph', 's.graphql', '--listen', '127.0.0.1:0'], {
    cwd: folder.path,
    env: { NODE_OPTIONS: `--require ${folder.path}/tell.cjs` },
  });
  await endpoint(cli);
  cli.process.kill('SIGUSR2');
  const told = (await cli.said('and no more')).split('loaded: ')[1] ?? '';
  const packages = new Set(told.split(' ').map(path => /^(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]));
  expect(packages).toContain('@apollo/gateway');
  for (const unused of ['ioredis', 'yaml', 'jiti']) expect(packages).not.toContain(unused);
});

describe('weir start says in one line on stderr', () => {
  async function failureOf(
    files: Readonly<Record<string, string>>,
    args: readonly string[],
  ): Promise<string> {
    await using folder = await temporaryFolder(files);
    await using cli = startCli(['start', ...args], { cwd: folder.path });
    expect(await cli.ended()).toBe(1);
    return cli.output.stderr;
  }

  test('that a port is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const args = ['--supergraph', 's.graphql', '--listen', `127.0.0.1:${port}`];
    const text = await failureOf({ 's.graphql': sdlFor(NOWHERE) }, args);
    server.close();
    expect(text).toMatch(new RegExp(`^weir: cannot listen on 127\\.0\\.0\\.1:${port} .*EADDRINUSE.*\\n$`));
  });

  test.each([
    [
      'that a URL is named in a file',
      {},
      'https://registry.example/sdl',
      /^weir: https:.* write it into a supergraph\.yaml.*\n$/,
    ],
    ['that a file is not there', {}, 'none.graphql', /^weir: none\.graphql .*ENOENT.*\n$/],
    [
      'where the SDL is broken',
      { 's.graphql': 'type Query {\n  a: ' },
      's.graphql',
      /^weir: s\.graphql .*line 2.*\n$/,
    ],
    [
      'that the SDL is no supergraph',
      { 's.graphql': 'type Query { a: Int }' },
      's.graphql',
      /^weir: s\.graphql .*join__Graph.*\n$/,
    ],
  ])('%s', async (_title, files, name, expected) => {
    expect(await failureOf(files, ['--supergraph', name])).toMatch(expected);
  });

  test('that there is nothing to serve, and what to write or name', async () => {
    expect(await failureOf({}, [])).toMatch(/^weir: there is no supergraph\.yaml .* --supergraph .*\n$/);
  });

  test('that a type of the SDL is not there', async () => {
    const files = { 's.graphql': sdlFor(NOWHERE).replace('greeting: String', 'greeting: Strange') };
    expect(await failureOf(files, ['--supergraph', 's.graphql'])).toMatch(
      /^weir: The supergraph cannot be used: .*Strange.*\n$/,
    );
  });

  test('which subgraph a setting meant', async () => {
    const files = {
      's.graphql': composeSupergraph([{ name: 'orders', url: NOWHERE, typeDefs: TYPE_DEFS }]),
      'g.yaml': 'execution: { subgraphs: { ordrs: { timeout: 1s } } }',
    };
    const text = await failureOf(files, ['--supergraph', 's.graphql', '--config', 'g.yaml']);
    expect(text).toMatch(/^weir: .*execution\.subgraphs\.ordrs.*did you mean "orders".*\n$/);
  });
});
