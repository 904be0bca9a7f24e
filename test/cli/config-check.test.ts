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
      'cache: { fields: { Query.greting: { maxAge: 1s } } }',
      'greeting',
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
