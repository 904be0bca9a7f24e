import { describe, expect, test } from 'vitest';
import { composeSupergraph } from '../support/compose.ts';
import { runCli } from '../support/start-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SDL = composeSupergraph([
  { name: 'a', url: 'http://127.0.0.1:9/graphql', typeDefs: 'type Query { greeting: String }' },
]);

async function check(yaml: string) {
  await using folder = await temporaryFolder({ 's.graphql': SDL, 'g.yaml': yaml });
  return await runCli(['config', 'check', '--supergraph', 's.graphql', '--config', 'g.yaml'], {
    cwd: folder.path,
  });
}

describe('weir config check', () => {
  test('says that a configuration can be used, and asks nobody for it', async () => {
    const answer = await check(`
      storage: { redis: { url: 'redis://127.0.0.1:9' } }
      cache: { redis: true }
      identity: { apiKeys: { redis: true } }
      telemetry: { otlp: { endpoint: 'http://127.0.0.1:9' } }`);
    expect(answer).toEqual({ code: 0, stdout: 'g.yaml can be used with s.graphql\n', stderr: '' });
  });

  test('tells what the start would warn of', async () => {
    const { code, stderr } = await check('server: { cors: { origins: ["*"] } }');
    expect([code, stderr]).toEqual([0, expect.stringContaining('any web site may read answers')]);
  });

  test.each([
    [
      'a name that the supergraph does not have',
      'cache:\n  fields:\n    Query.greting: { maxAge: 1s }',
      'g.yaml cannot be used: line 3, cache.fields.Query.greting: Query has no such field; did you mean "greeting"?',
    ],
    [
      'a subgraph that there is not',
      'execution:\n  subgraphs:\n    all: {}\n    b: {}',
      'g.yaml cannot be used: line 4, execution.subgraphs.b: ',
    ],
    [
      'a persona that cannot work',
      'personas:\n  x: { extends: y }',
      'g.yaml cannot be used: line 2, personas.x.extends: there is no persona "y"',
    ],
    [
      'manifests that are not there',
      'personas: { x: { match: { default: true }, documents: { manifests: [no.json] } } }',
      'no.json (documents.manifests) cannot be used: there is no such file',
    ],
    [
      'two listeners at one address',
      'server: { listen: "127.0.0.1:4000" }\nadmin: { listen: "127.0.0.1:4000" }',
      'admin.listen: is that of server.listen',
    ],
    ['rules that are not there', 'policy: { authorization: { rules: none.ts } }', 'none.ts'],
    ['a certificate that is not there', 'server: { tls: { cert: no.pem, key: no.key } }', 'no.pem'],
    ['a Redis that is wanted and not named', 'cache: { redis: true }', 'storage.redis'],
  ])('names %s', async (_title, yaml, expected) => {
    const { code, stdout, stderr } = await check(yaml);
    expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining(expected)]);
  });
});
