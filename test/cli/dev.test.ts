import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startFakeSubgraph } from '../support/fake-subgraph.ts';
import { REPOSITORY, type RunningCli, startCli } from '../support/start-cli.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { createSigningKey } from '../support/tokens.ts';

const SCHEMA = 'type Query { greeting: String }';
const LISTEN = 'server: { listen: "127.0.0.1:0" }\nadmin: { listen: "127.0.0.1:0" }\n';

function urlIn(output: string): string {
  return [...output.matchAll(/listening {2}url=(\S+)/g)].at(-1)?.[1] ?? '';
}

async function ask(url: string, query: string): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  return (await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) })).json();
}

type Files = Readonly<Record<string, string>>;

function folderFor(url: string, files: Files): Promise<TemporaryFolder> {
  return temporaryFolder({
    'a.graphql': SCHEMA,
    'gateway.yaml': LISTEN,
    'supergraph.yaml': `subgraphs: { a: { routing_url: '${url}', schema: { file: a.graphql } } }`,
    ...files,
  });
}

async function inFolder(
  check: (cli: RunningCli, folder: TemporaryFolder) => Promise<void>,
  files: Files = {},
): Promise<void> {
  await using subgraph = await startFakeSubgraph({
    typeDefs: SCHEMA,
    resolvers: { Query: { greeting: () => 'hello' } },
  });
  await using folder = await folderFor(subgraph.url, files);
  await using cli = startCli(['dev'], { cwd: folder.path });
  await cli.said('listening');
  await check(cli, folder);
}

const readme = readFileSync(join(REPOSITORY, 'README.md'), 'utf8');
const sectionOf = (title: string): string =>
  new RegExp(`\\n## ${title}[\\s\\S]*?(?=\\n## )`).exec(readme)?.[0] as string;
const section = sectionOf('One subgraph fails');

/** Commands of the README with the answers that it shows below them. */
const examples = ['A first query', 'Personas in two minutes'].flatMap(title =>
  [...sectionOf(title).matchAll(/```sh\n([\s\S]*?)```[\s\S]*?```json\n([\s\S]*?)```/g)].map(
    ([, command, answer]) => ({ command: command as string, answer: JSON.parse(answer as string) }),
  ),
);

/** Runs a command as it stands in the README, but for the port. */
async function paste(command: string, url: string): Promise<unknown> {
  expect(command).toContain('http://127.0.0.1:4000/graphql');
  const script = command.replaceAll('http://127.0.0.1:4000/graphql', url);
  const { stdout } = await promisify(execFile)('bash', ['-ec', script], { cwd: REPOSITORY });
  return JSON.parse(stdout);
}

/** What stands below the loop of the README, but for the time that it takes to come back. */
const [, loop, shown] = /```sh\n(for [\s\S]*?)```[\s\S]*?```\n([\s\S]*?)```/.exec(
  sectionOf('What it may cost'),
) as unknown as [string, string, string];
const withoutWait = (text: string): string => text.replace(/(?<=t=|retry-after: )\d+/g, '…');
const limitsShown = withoutWait(shown).trim().split('\n');

async function pasteLimits(url: string): Promise<readonly string[]> {
  const script = loop.replaceAll('http://127.0.0.1:4000/graphql', url);
  const { stdout } = await promisify(execFile)('bash', ['-c', script]);
  return withoutWait(stdout.replaceAll('\r', '')).trim().split('\n');
}

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

const RULED = {
  'rules.ts': "import { answer } from './answer.ts'; export const permissions = { Query: answer };",
  'answer.ts': "import { deny } from 'graphql-shield'; export const answer = deny;",
  'gateway.yaml': `${LISTEN}policy: { authorization: { rules: rules.ts } }`,
};

test('weir dev takes over edited rules and what they import, and keeps the old ones when they are wrong', async () => {
  await inFolder(async (cli, folder) => {
    const answer = (): Promise<unknown> => ask(urlIn(cli.output.stdout), '{ greeting }');
    expect(await answer()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHORIZED_FIELD' } }] });
    await folder.write('answer.ts', "import { allow } from 'graphql-shield'; export const answer = allow;");
    await cli.said(/listening[\s\S]*listening/);
    expect(await answer()).toEqual({ data: { greeting: 'hello' } });
    await folder.write('rules.ts', 'export const permissions = { Query: { greting: true } };');
    expect(await cli.said(/was not reloaded[\s\S]*greeting/)).toMatch(/rules\.ts cannot be used/);
    expect(await answer()).toEqual({ data: { greeting: 'hello' } });
  }, RULED);
});

test('weir dev takes over an edited manifest, also one that was missing, and names what is wrong in it', async () => {
  const personas = (file: string): string =>
    `${LISTEN}personas: { app: { match: { default: true }, documents: { mode: safelist, manifests: [${file}] } } }`;
  const files = { 'gateway.yaml': personas('old.json'), 'old.json': '{ "1": "{ greeting }" }' };
  await inFolder(async (cli, folder) => {
    const answer = (): Promise<unknown> => ask(urlIn(cli.output.stdout), '{ hello: greeting }');
    expect(await answer()).toMatchObject({
      errors: [{ extensions: { code: 'PERSISTED_DOCUMENT_REQUIRED' } }],
    });
    await folder.write('gateway.yaml', personas('new.json'));
    await cli.said(/was not reloaded[\s\S]*new\.json/);
    await folder.write('new.json', '{ "2": "{ hello: greeting " }');
    await cli.said(/document "2", line 1/);
    await folder.write('new.json', '{ "2": "{ hello: greeting }" }');
    await cli.said(/listening[\s\S]*listening/);
    expect(await answer()).toEqual({ data: { hello: 'hello' } });
  }, files);
});

test('a token of weir token opens a field under weir dev, and is refused by weir start in the same folder', async () => {
  const schema = `extend schema @link(
    url: "https://specs.apollo.dev/federation/v2.9", import: ["@requiresScopes"])
    type Query { greeting: String @requiresScopes(scopes: [["read:greeting"]]) }`;
  const { jwk } = createSigningKey();
  const files = {
    'a.graphql': schema,
    'keys.json': JSON.stringify({ keys: [jwk] }),
    'gateway.yaml': `${LISTEN}identity:
  jwt: { providers: [{ issuer: "https://login.example", audiences: [weir], jwksFile: keys.json }] }`,
  };
  await inFolder(async (cli, { path: cwd }) => {
    const query = JSON.stringify({ query: '{ greeting }' });
    await using minting = startCli(['token', '--sub', 'u-1', '--scope', 'read:greeting'], { cwd });
    expect(await minting.ended()).toBe(0);
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${minting.output.stdout.trim()}`,
    };
    const send = (url: string) => fetch(url, { method: 'POST', headers, body: query });
    const opened = await send(urlIn(cli.output.stdout));
    expect([opened.status, await opened.json()]).toEqual([200, { data: { greeting: 'hello' } }]);
    await using started = startCli(['start'], { cwd });
    const [, url] = /"url":"([^"]+)"/.exec(await started.said('"msg":"listening"')) ?? [];
    const refused = await send(url as string);
    expect([refused.status, await refused.json()]).toMatchObject([
      401,
      { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
    ]);
  }, files);
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

test('the personas answer what the README says that they answer', async () => {
  await using cli = startCli(['dev', '--listen', '127.0.0.1:0'], {
    env: { WEIR_ADMIN_LISTEN: '127.0.0.1:0' },
  });
  await cli.said('listening');
  expect(examples).toHaveLength(4);
  for (const { command, answer } of examples) {
    expect(await paste(command, urlIn(cli.output.stdout)), command).toEqual(answer);
  }
  expect(await pasteLimits(urlIn(cli.output.stdout))).toEqual(limitsShown);
  expect(readme).toContain('{ media(first: 3) { __typename } }');
  const states = [];
  for (let i = 0; i < 2; i++) {
    const response = await fetch(urlIn(cli.output.stdout), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ media(first: 3) { __typename } }' }),
    });
    states.push(response.headers.get('x-cache'));
  }
  expect(states).toEqual(['MISS', 'HIT']);
  // In order, so that the next test finds the ports of the subgraphs free.
  cli.process.kill('SIGTERM');
  expect(await cli.ended()).toBe(0);
});

test('weir dev ends the example subgraphs when one of them cannot start', async () => {
  const server = createServer().listen(4002, '127.0.0.1');
  await once(server, 'listening');
  await using cli = startCli(['dev', '--listen', '127.0.0.1:0'], {
    env: { WEIR_ADMIN_LISTEN: '127.0.0.1:0' },
  });
  expect(await cli.ended()).toBe(1);
  server.close();
  expect(cli.output.stderr).toMatch(
    /^weir: the example subgraph orders did not start: 127\.0\.0\.1:4002 is in use by another process \(EADDRINUSE\).*\n$/,
  );
  await expect(fetch('http://127.0.0.1:4001/health')).rejects.toThrow();
});
