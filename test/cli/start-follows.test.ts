import { once } from 'node:events';
import { rename, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { composeSupergraph } from '../support/compose.ts';
import { type RunningFake, startFakeSubgraph } from '../support/fake-subgraph.ts';
import { createGate } from '../support/gate.ts';
import { type RunningCli, startCli } from '../support/start-cli.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const typeDefs = (field: string): string => `type Query { greeting: String ${field}: String }`;

const sdlOf = (field: string, { url }: RunningFake): string =>
  composeSupergraph([{ name: 'a', url, typeDefs: typeDefs(field) }]);

/** Readings have half of the deadline between them. */
const CONFIG = `server: { listen: "127.0.0.1:0", shutdown: { grace: 0ms } }
admin: { listen: "127.0.0.1:0" }
execution: { deadline: 6s }
`;

const START = ['start', '--supergraph', 's.graphql', '--config', 'gateway.yaml'];

/** Answers every field with its name. */
function startSubgraph(hold: (field: string) => Promise<void> = async () => {}): Promise<RunningFake> {
  return startFakeSubgraph({
    typeDefs: typeDefs('first'),
    async respond({ query }, response) {
      const field = /\{\s*(\w+)/.exec(query)?.[1] ?? '';
      await hold(field);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ data: { [field]: field } }));
    },
  });
}

interface Started {
  readonly cli: RunningCli;
  readonly admin: string;
  ask(field: string): Promise<unknown>;
}

async function started(cli: RunningCli): Promise<Started> {
  const log = await cli.said('"msg":"listening"');
  const addressOf = (name: string): string => new RegExp(`"${name}":"(http[^"]+)"`).exec(log)?.[1] ?? '';
  return {
    cli,
    admin: addressOf('admin'),
    async ask(field) {
      const response = await fetch(addressOf('url'), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: `{ ${field} }` }),
      });
      const { data, errors } = (await response.json()) as {
        data?: Record<string, unknown>;
        errors?: { extensions: { code: string } }[];
      };
      return errors?.[0]?.extensions.code ?? data?.[field];
    },
  };
}

const linesOf = ({ output }: RunningCli, text: string): readonly string[] =>
  output.stdout.split('\n').filter(line => line.includes(text));

/** Once so many generations have been loaded. */
const loaded = (cli: RunningCli, count: number): Promise<string> =>
  cli.said(new RegExp(`(?:supergraph loaded[\\s\\S]*){${count}}`));

/** As a careful deployment does it. */
async function replace(folder: TemporaryFolder, name: string, text: string): Promise<void> {
  await rename(await folder.write(`${name}.new`, text), join(folder.path, name));
}

test('a supergraph that is replaced is served, and a request in flight ends on the one that it began with', async () => {
  const { opened: released, open: release } = createGate();
  const { opened: arrived, open: arrive } = createGate();
  await using subgraph = await startSubgraph(async field => {
    if (field !== 'first') return;
    arrive();
    await released;
  });
  await using folder = await temporaryFolder({
    's.graphql': sdlOf('first', subgraph),
    'gateway.yaml': CONFIG.replace('deadline: 6s', 'deadline: 30s'),
  });
  await using cli = startCli(START, { cwd: folder.path });
  const { ask } = await started(cli);
  expect(await ask('second')).toBe('GRAPHQL_VALIDATION_FAILED');
  const inFlight = ask('first');
  await arrived;
  await replace(folder, 's.graphql', sdlOf('second', subgraph));
  await loaded(cli, 2);
  expect(await ask('second')).toBe('second');
  expect(await ask('first')).toBe('GRAPHQL_VALIDATION_FAILED');
  release();
  expect(await inFlight).toBe('first');
});

test('half a file leaves the running supergraph, ready, with one line that says where; the whole one is served', async () => {
  await using subgraph = await startSubgraph();
  const files = { 's.graphql': sdlOf('first', subgraph), 'gateway.yaml': CONFIG };
  await using folder = await temporaryFolder(files);
  await using cli = startCli(START, { cwd: folder.path });
  const { ask, admin } = await started(cli);
  const whole = sdlOf('second', subgraph);
  await folder.write('s.graphql', whole.slice(0, whole.lastIndexOf('second') + 3));
  await cli.said('was not reloaded');
  expect(await ask('first')).toBe('first');
  expect((await fetch(`${admin}/health/ready`)).status).toBe(200);
  expect(await (await fetch(`${admin}/metrics`)).text()).toContain('weir_reloads_total{outcome="failed"} 1');
  await folder.write('s.graphql', whole);
  await loaded(cli, 2);
  expect(await ask('second')).toBe('second');
  const [told, ...more] = linesOf(cli, '"level":"error"');
  expect(more).toEqual([]);
  expect(JSON.parse(told ?? '{}')).toMatchObject({
    changed: [join(folder.path, 's.graphql')],
    problems: [expect.stringMatching(/s\.graphql.*line \d+/)],
  });
});

test('a supergraph that composes but cannot be served leaves the running one, with one line', async () => {
  await using subgraph = await startSubgraph();
  const contract = 'personas: { app: { match: { default: true }, contract: { includeTags: [open] } } }';
  const tagged = (tag: string): string =>
    composeSupergraph([
      {
        name: 'a',
        url: subgraph.url,
        typeDefs: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@tag"])
          type Query { first: String @tag(name: "${tag}") }`,
      },
    ]);
  const files = { 's.graphql': tagged('open'), 'gateway.yaml': `${CONFIG}${contract}` };
  await using folder = await temporaryFolder(files);
  await using cli = startCli(START, { cwd: folder.path });
  const { ask } = await started(cli);
  await replace(folder, 's.graphql', tagged('closed'));
  await cli.said('cannot be served; the last good one stays');
  expect(linesOf(cli, '"level":"error"')).toHaveLength(1);
  expect(await ask('first')).toBe('first');
});

test('a mounted ConfigMap is followed, where the link that changes is none of the files', async () => {
  await using subgraph = await startSubgraph();
  const yaml = `subgraphs: { a: { routing_url: '${subgraph.url}', schema: { file: schemas/a.graphql } } }`;
  const version = (number: number, field: string) => ({
    [`..2026_${number}/supergraph.yaml`]: yaml,
    [`..2026_${number}/schemas/a.graphql`]: typeDefs(field),
  });
  await using folder = await temporaryFolder({
    ...version(1, 'first'),
    ...version(2, 'second'),
    'gateway.yaml': CONFIG,
  });
  const inFolder = (name: string): string => join(folder.path, name);
  await symlink('..2026_1', inFolder('..data'));
  for (const name of ['supergraph.yaml', 'schemas']) await symlink(`..data/${name}`, inFolder(name));
  await using cli = startCli(['start'], { cwd: folder.path });
  const { ask } = await started(cli);
  expect(await ask('first')).toBe('first');
  await symlink('..2026_2', inFolder('..data_tmp'));
  await rename(inFolder('..data_tmp'), inFolder('..data'));
  await loaded(cli, 2);
  expect(await ask('second')).toBe('second');
});

test('SIGHUP reads the supergraph again; with --no-watch nothing else does', async () => {
  await using subgraph = await startSubgraph();
  const files = { 's.graphql': sdlOf('first', subgraph), 'gateway.yaml': CONFIG };
  await using folder = await temporaryFolder(files);
  await using cli = startCli([...START, '--no-watch'], { cwd: folder.path });
  await using witness = startCli(START, { cwd: folder.path });
  const { ask } = await started(cli);
  await started(witness);
  cli.process.kill('SIGHUP');
  await cli.said('was read again, and is as it was');
  await replace(folder, 's.graphql', sdlOf('second', subgraph));
  await loaded(witness, 2);
  expect(await ask('second')).toBe('GRAPHQL_VALIDATION_FAILED');
  cli.process.kill('SIGHUP');
  await loaded(cli, 2);
  expect(await ask('second')).toBe('second');
});

test('a changed gateway.yaml is told to wait for a restart, and changes nothing', async () => {
  await using subgraph = await startSubgraph();
  const files = { 's.graphql': sdlOf('first', subgraph), 'gateway.yaml': CONFIG };
  await using folder = await temporaryFolder(files);
  await using cli = startCli(START, { cwd: folder.path });
  const { ask } = await started(cli);
  await folder.write('gateway.yaml', 'server: { path: /elsewhere }');
  await cli.said('restart to use what has changed');
  expect(linesOf(cli, 'restart to use')[0]).toContain(join(folder.path, 'gateway.yaml'));
  expect(await ask('first')).toBe('first');
});

test('a gateway that ends follows nothing more, and SIGHUP does not end it sooner', async () => {
  await using subgraph = await startSubgraph();
  const graceful = CONFIG.replace('grace: 0ms', 'grace: 1h');
  const files = { 's.graphql': sdlOf('first', subgraph), 'gateway.yaml': graceful };
  await using folder = await temporaryFolder(files);
  await using cli = startCli(START, { cwd: folder.path });
  await using witness = startCli(START, { cwd: folder.path });
  const { ask } = await started(cli);
  await started(witness);
  cli.process.kill('SIGTERM');
  await cli.said('"msg":"ending"');
  cli.process.kill('SIGHUP');
  await replace(folder, 's.graphql', sdlOf('second', subgraph));
  await loaded(witness, 2);
  expect(await ask('second')).toBe('GRAPHQL_VALIDATION_FAILED');
  const exit = once(cli.process, 'exit');
  cli.process.kill('SIGKILL');
  await exit;
  expect(cli.output.stdout).not.toContain('reading the supergraph');
});

test('a supergraph behind a URL is asked for again, and the last good one is served while it cannot be had', async () => {
  await using subgraph = await startSubgraph();
  const registry = { status: 200, sdl: sdlOf('first', subgraph) };
  const server = createServer((_request, response) => response.writeHead(registry.status).end(registry.sdl));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/supergraph`;
  const yaml = `supergraph: { url: "${url}", headers: { x-key: k }, poll_interval: 1s }`;
  await using folder = await temporaryFolder({ 'supergraph.yaml': yaml, 'gateway.yaml': CONFIG });
  await using cli = startCli(['start'], { cwd: folder.path });
  const { ask } = await started(cli);
  expect(await ask('first')).toBe('first');
  registry.status = 503;
  await cli.said('it answered with status 503');
  expect(await ask('first')).toBe('first');
  Object.assign(registry, { status: 200, sdl: sdlOf('second', subgraph) });
  await loaded(cli, 2);
  expect(await ask('second')).toBe('second');
  server.close();
});
