import { afterAll, beforeAll, expect, test } from 'vitest';
import { composeSupergraph } from '../support/compose.ts';
import { runCli } from '../support/start-cli.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
beforeAll(async () => {
  const sdl = composeSupergraph([
    { name: 'old', url: 'http://old', typeDefs: 'type Query { named: Int few: Int many: Int }' },
    {
      name: 'new',
      url: 'http://new',
      typeDefs: `type Query {
        named: Int @override(from: "old", label: "beta")
        few: Int @override(from: "old", label: "percent(5)")
        many: Int @override(from: "old", label: "percent(50)")
      }`,
    },
  ]);
  folder = await temporaryFolder({ 'supergraph.graphql': sdl });
});
afterAll(() => folder[Symbol.asyncDispose]());

function plan(query: string, ...more: readonly string[]) {
  const args = ['plan', query, '--supergraph', 'supergraph.graphql', ...more];
  return runCli(args, { cwd: folder.path });
}

/** Field → the subgraph that it is fetched from. */
async function subgraphs(planner: string, labels: string): Promise<unknown> {
  const { stdout } = await plan('{ named few many }', '--planner', planner, '--labels', labels, '--json');
  const found = new Map<string, string>();
  const look = (node: { kind: string; subgraph: string; nodes?: [] }): void => {
    for (const inner of node.nodes ?? []) look(inner);
    for (const [field] of JSON.stringify(node).matchAll(/named|few|many/g))
      if (node.kind === 'fetch') found.set(field, node.subgraph);
  };
  look(JSON.parse(stdout));
  return Object.fromEntries(found);
}

test.each(['native', 'apollo'])(
  'a plan of the %s planner is for the labels that are named',
  async planner => {
    const expected = { named: 'new', few: 'old', many: 'new' };
    expect(await subgraphs(planner, 'percent(50),beta')).toEqual(expected);
  },
);

test('who is in a small share is in all that are larger', async () => {
  const expected = { named: 'old', few: 'new', many: 'new' };
  expect(await subgraphs('apollo', 'percent(5)')).toEqual(expected);
});

test('a label that no subgraph has is refused, with the nearest one', async () => {
  const { code, stderr } = await plan('{ named }', '--labels', 'bet');
  expect(code).toBe(1);
  expect(stderr).toMatch(/no subgraph has the label "bet"; did you mean "beta"\?/);
});
