import { describe, expect, test } from 'vitest';
import { type FinishedCli, runCli } from '../support/start-cli.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const SCHEMA = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@tag"])
  type Query { me: User staff: String @tag(name: "internal") }
  type User { id: ID! name: String friends: [User] salary: Int @tag(name: "internal") }
`;

const PERSONAS = `
  default: { documents: { mode: free } }
  mobile:
    match: { clients: [{ name: mobile }] }
    contract: { excludeTags: [internal] }
    limits: { depth: 3 }
    documents: { mode: ids-only, manifests: [manifests/mobile.json] }
  web:
    match: { clients: [{ name: web }] }
    documents: { mode: safelist, manifests: [manifests/web.json] }
`;

function project(mobile: object, web: object = {}): Promise<TemporaryFolder> {
  return temporaryFolder({
    'supergraph.yaml': 'subgraphs: { a: { routing_url: "http://a", schema: { file: config/a.graphql } } }',
    'config/a.graphql': SCHEMA,
    'config/gateway.yaml': `personas: ${PERSONAS}`,
    'config/manifests/mobile.json': JSON.stringify(mobile),
    'config/manifests/web.json': JSON.stringify(web),
  });
}

function check(folder: TemporaryFolder, ...flags: readonly string[]): Promise<FinishedCli> {
  const args = ['operations', 'check', '--config', 'config/gateway.yaml', ...flags];
  return runCli(args, { cwd: folder.path });
}

describe('weir operations check', () => {
  test('ends with code 0 and a summary when every document can be run', async () => {
    await using folder = await project({ me: '{ me { id } }' }, { a: '{ staff }', b: '{ me { salary } }' });
    expect(await check(folder)).toEqual({
      code: 0,
      stdout: 'mobile: 1 document, all can be run\nweb: 2 documents, all can be run\n',
      stderr: '',
    });
  });

  test('tells every document that its contract, limits or switches refuse, a line each', async () => {
    const mobile = {
      ok: '{ me { id } }',
      hidden: 'query Pay {\n  me { salary }\n}',
      deep: '{ me { friends { friends { friends { id } } } } }',
    };
    await using folder = await project(mobile, { schema: '{ __schema { types { name } } }' });
    const { code, stdout } = await check(folder);
    expect(code).toBe(1);
    const file = 'config/manifests/mobile.json';
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toEqual([
      `mobile: ${file} "hidden" (Pay), line 2, column 8: Cannot query field "salary" on type "User".`,
      expect.stringMatching(/^mobile: .* "deep", line 1, column 1: .*3 nested/),
      expect.stringMatching(/^web: config\/manifests\/web\.json "schema", line 1, column 3: .*introspection/),
      expect.stringMatching(/^web: .*"schema"/),
      'mobile: 3 documents, 2 cannot be run',
      'web: 1 document, 1 cannot be run',
    ]);
  });

  test('prints JSON', async () => {
    await using folder = await project({ gone: '{ gone }' });
    const { code, stdout } = await check(folder, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual([
      {
        persona: 'mobile',
        documents: 1,
        problems: [expect.objectContaining({ id: 'gone', operation: null, line: 1, column: 3 })],
      },
      { persona: 'web', documents: 0, problems: [] },
    ]);
  });

  test('ends with one clear message when a manifest cannot be used', async () => {
    await using folder = await project({ ['0'.repeat(64)]: '{ me { id } }' });
    const { code, stdout, stderr } = await check(folder);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^weir: config\/manifests\/mobile\.json cannot be used: document "0{64}": .*SHA-256.*\n$/,
    );
  });

  test('has nothing to complain of where nobody has persisted documents', async () => {
    await using folder = await project({});
    await folder.write('config/gateway.yaml', '');
    expect(await check(folder)).toMatchObject({ code: 0, stdout: 'No persona has persisted documents.\n' });
  });
});
