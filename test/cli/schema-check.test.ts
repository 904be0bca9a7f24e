import { describe, expect, test } from 'vitest';
import { type FinishedCli, runCli } from '../support/start-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@tag"])';
const SERVED = `${LINK}
  type Query { ok: Int me: User pay(id: ID): Int @tag(name: "internal") }
  type User { id: ID! name: String kind: Kind }
  enum Kind { A }`;
const GATEWAY = `personas:
  web: { match: { default: true }, contract: { excludeTags: [internal] } }
  staff: { match: { claims: { roles: [staff] } } }`;

async function check(next: string, ...flags: readonly string[]): Promise<FinishedCli> {
  const subgraph = (file: string) =>
    `subgraphs: { a: { routing_url: "http://a", schema: { file: ${file} } } }`;
  await using folder = await temporaryFolder({
    'served.yaml': subgraph('served.graphql'),
    'served.graphql': SERVED,
    'supergraph.yaml': subgraph('next.graphql'),
    'next.graphql': next,
    'gateway.yaml': GATEWAY,
  });
  return await runCli(['schema', 'check', '--against', 'served.yaml', ...flags], { cwd: folder.path });
}

describe('weir schema check', () => {
  test('ends with code 0 where clients lose nothing', async () => {
    const next = SERVED.replace('name: String', 'name: String! nick: String');
    expect(await check(next)).toEqual({ code: 0, stdout: '0 breaking, 0 dangerous\n', stderr: '' });
  });

  test('ends with code 1 where they do, and says who', async () => {
    const next = SERVED.replace('name: String', 'nick: String')
      .replace('pay(id: ID)', 'pay(id: ID!)')
      .replace('enum Kind { A }', 'enum Kind { A B }');
    const { code, stdout } = await check(next);
    expect([code, stdout.split('\n')]).toEqual([
      1,
      [
        'breaking: User.name was removed. (FIELD_REMOVED)',
        expect.stringMatching(/^breaking: .*pay.* \(ARG_CHANGED_KIND\) \[staff\]$/),
        'dangerous: B was added to enum type Kind. (VALUE_ADDED_TO_ENUM)',
        '2 breaking, 1 dangerous',
        '',
      ],
    ]);
  });

  test('takes what a contract hides from now on for removed', async () => {
    const { code, stdout } = await check(
      SERVED.replace('me: User', 'me: User @tag(name: "internal")'),
      '--json',
    );
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toContainEqual({
      severity: 'breaking',
      type: 'FIELD_REMOVED',
      description: 'Query.me was removed.',
      personas: ['web'],
    });
  });

  test('says which supergraph cannot be read', async () => {
    const { code, stderr } = await check(SERVED, '--against', 'none.graphql');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^weir: none\.graphql .*ENOENT/)]);
  });
});
