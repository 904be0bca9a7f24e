import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { startFakeSubgraph } from '../support/fake-subgraph.ts';
import { REPOSITORY, runCli } from '../support/start-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const weir = (args: readonly string[], cwd = REPOSITORY) => runCli(args, { cwd });

describe('weir compose', () => {
  test('prints the supergraph and nothing else, with hints on stderr', async () => {
    const { code, stdout, stderr } = await weir(['compose']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^schema\n[\s\S]*enum join__Graph[\s\S]*\}\n$/);
    expect(stderr).toMatch(/^(hint: [^\n]+\n)*$/);
  });

  test('reads the schema of a running subgraph and writes to a file', async () => {
    await using subgraph = await startFakeSubgraph({ typeDefs: 'type Query { fromAfar: Int }' });
    await using folder = await temporaryFolder({
      'supergraph.yaml': `subgraphs: { a: { schema: { subgraph_url: '${subgraph.url}' } } }`,
    });
    const { code, stdout } = await weir(['compose', '--out', 'out.graphql'], folder.path);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(await readFile(join(folder.path, 'out.graphql'), 'utf8')).toContain('fromAfar');
  });

  test('takes SDL that is in the file itself, and says where it is wrong', async () => {
    const file = (sdl: string) => `subgraphs: { a: { routing_url: "http://a", schema: { sdl: "${sdl}" } } }`;
    await using folder = await temporaryFolder({
      'supergraph.yaml': file('type Query { inline: Int }'),
      'wrong.yaml': file('type Query { inline: Itn }'),
    });
    expect((await weir(['compose'], folder.path)).stdout).toContain('inline: Int');
    const { stderr } = await weir(['compose', '--supergraph', 'wrong.yaml'], folder.path);
    expect(stderr).toMatch(/\[a\] Query\.inline .*Itn[\s\S]*at sdl of a:1:22/);
  });

  test.each(['--supergraph', '--config'])('takes the file from %s', async flag => {
    await using folder = await temporaryFolder({
      'other.yaml': 'subgraphs: { a: { routing_url: "http://a", schema: { file: a.graphql } } }',
      'a.graphql': 'type Query { fromOther: Int }',
    });
    const { code, stdout } = await weir(['compose', flag, 'other.yaml'], folder.path);
    expect([code, stdout]).toEqual([0, expect.stringContaining('fromOther')]);
  });

  test.each([['compose'], ['config', 'check']])(
    'warns of what would do nothing: weir %s',
    async (...args) => {
      await using folder = await temporaryFolder({
        'supergraph.yaml': 'subgraphs: { a: { routing_url: "http://a", schema: { file: a.graphql } } }',
        'a.graphql': `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
        directive @fallback(value: String) on FIELD_DEFINITION
        type Query { a: Int @fallback(value: "1") }`,
      });
      const { code, stderr } = await weir(args, folder.path);
      expect([code, stderr]).toEqual([
        0,
        expect.stringContaining('@fallback of a says nothing to the gateway'),
      ]);
    },
  );

  test.each([
    ['SDL', ['--supergraph', 'composed.graphql'], /^weir: composed\.graphql is SDL; .*supergraph\.yaml/],
    ['two files', ['--supergraph', 'a.yaml', '--config', 'b.yaml'], /^weir: .*leave one of them out\n$/],
  ])('does not compose %s', async (_title, args, expected) => {
    const { code, stderr } = await weir(['compose', ...args]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(expected)]);
  });

  test('names the subgraph and the reason when one cannot be read', async () => {
    await using folder = await temporaryFolder({
      'supergraph.yaml':
        'subgraphs: { a: { schema: { subgraph_url: "http://127.0.0.1:9/graphql" } }, b: { routing_url: "http://b", schema: { file: none.graphql } } }',
    });
    const { code, stdout, stderr } = await weir(['compose'], folder.path);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /\[a\] SCHEMA_UNREADABLE: http:\/\/127\.0\.0\.1:9[\s\S]*\[b\] SCHEMA_UNREADABLE: .*none\.graphql/,
    );
  });
});

describe('weir plan', () => {
  const operation = 'query One { users(first: 1) { nodes { wishlist { name } } } } query Two { me { id } }';

  test.each(['native', 'apollo'])('prints a plan of the %s planner as a tree', async planner => {
    const args = ['plan', operation, '--operation-name', 'One', '--planner', planner];
    const { code, stdout } = await weir(args);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^sequence\n {2}fetch users \(query\)\n[\s\S]*\n {2}fetch products \(entities\)\n/,
    );
  });

  test('takes the name of a file with the operation', async () => {
    await using folder = await temporaryFolder({ 'one.graphql': '{ me { id } }' });
    const { stdout } = await weir(['plan', join(folder.path, 'one.graphql')]);
    expect(stdout).toContain('fetch users (query)');
  });

  test('prints it as JSON', async () => {
    const { stdout } = await weir(['plan', '{ me { id } }', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'fetch', subgraph: 'users' });
  });

  test.each([
    ['an operation that does not fit the schema', ['plan', '{ nope }'], /nope.*line 1, column 3/],
    ['an ambiguous operation', ['plan', operation], /--operation-name/],
    ['a file that is not there', ['plan', 'nope.graphql'], /nope\.graphql is neither .*ENOENT/],
    ['a document that is not GraphQL', ['plan', '{'], /Syntax Error.*line 1, column 2/],
  ])('refuses %s', async (_title, args, expected) => {
    const { code, stderr } = await weir(args);
    expect(code).toBe(1);
    expect(stderr).toMatch(expected);
  });
});

describe('weir config', () => {
  test('shows every setting in the form in which it is written, without credentials', async () => {
    await using folder = await temporaryFolder({
      'gateway.yaml':
        'telemetry: { otlp: { endpoint: "http://127.0.0.1:4318", headers: { authorization: secret } } }',
    });
    const { stdout } = await weir(['config', 'show'], folder.path);
    expect(stdout).not.toContain('secret');
    expect(parseYaml(stdout)).toMatchObject({
      server: { bodyLimit: '1MiB', listen: '127.0.0.1:4000' },
      telemetry: { otlp: { headers: { authorization: '(hidden)' } } },
    });
  });

  test('prints a JSON Schema', async () => {
    const { stdout } = await weir(['config', 'schema']);
    expect(JSON.parse(stdout)).toMatchObject({ type: 'object', additionalProperties: false });
  });
});

test('weir --version prints the version of the package', async () => {
  const { version } = JSON.parse(await readFile(join(REPOSITORY, 'package.json'), 'utf8'));
  expect((await weir(['--version'])).stdout).toBe(`${version}\n`);
});
