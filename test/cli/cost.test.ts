import { describe, expect, test } from 'vitest';
import { REPOSITORY, runCli, startCli } from '../support/start-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SCHEMA = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@cost" "@listSize" "@tag"])
  type Query {
    users(first: Int): [User!]! @listSize(slicingArguments: ["first"], assumedSize: 50, requireOneSlicingArgument: false)
    strict(first: Int): [User!]! @listSize(slicingArguments: ["first"])
    all: [User!]!
  }
  type User { name: String bio: String @cost(weight: 3) @tag(name: "internal") }`;

const FILES = {
  'a.graphql': SCHEMA,
  'supergraph.yaml': 'subgraphs: { a: { routing_url: "http://a", schema: { file: a.graphql } } }',
  'gateway.yaml': `
    policy: { cost: { max: 100, weights: { User: 2 } } }
    personas:
      admin: { match: { default: true } }
      web: { match: { clients: [{ name: web }] }, contract: { excludeTags: [internal] } }`,
};

async function weirCost(args: readonly string[], files: Readonly<Record<string, string>> = FILES) {
  await using folder = await temporaryFolder(files);
  return await runCli(['cost', ...args], { cwd: folder.path });
}

const QUERY = 'query ($n: Int) { users(first: $n) { name bio } all { name } }';

describe('weir cost', () => {
  test('prints number, expression, parts and lists that nothing bounds', async () => {
    const { code, stdout } = await weirCost([QUERY, '--variables', '{"n": 5}']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: [
        'estimate: 45 of at most 100',
        'expression: 20 + 5 × ($n ?? 50)',
        'parts:',
        '  20  Query.all',
        '  15  User.bio',
        '  10  Query.users',
        'unbounded lists: Query.all',
        '',
      ].join('\n'),
    });
  });

  test('prints the same as JSON', async () => {
    const { stdout } = await weirCost([QUERY, '--json']);
    expect(JSON.parse(stdout)).toEqual({
      estimate: 270,
      max: 100,
      expression: '20 + 5 × ($n ?? 50)',
      parts: [
        { coordinate: 'User.bio', cost: 150 },
        { coordinate: 'Query.users', cost: 100 },
        { coordinate: 'Query.all', cost: 20 },
      ],
      unboundedLists: ['Query.all'],
      problems: [],
    });
  });

  test('counts as the persona does, and names the ceiling that it and its tier have', async () => {
    const files = {
      ...FILES,
      'gateway.yaml': `
        tiers: { free: { default: true, cost: { max: 30 } }, gold: { cost: { max: 90 } } }
        policy: { cost: { max: 100, weights: { User: 2 } } }
        personas:
          admin: { match: { default: true }, cost: { max: 50, weights: { User.bio: 1 } } }
          web: { match: { clients: [{ name: web }] } }`,
    };
    const of = async (...flags: string[]) => {
      const { stdout } = await weirCost([QUERY, '--variables', '{"n": 5}', ...flags], files);
      return stdout.split('\n')[0];
    };
    expect(await of()).toBe('estimate: 45 of at most 30');
    expect(await of('--tier', 'gold')).toBe('estimate: 45 of at most 90');
    expect(await of('--persona', 'admin', '--tier', 'gold')).toBe('estimate: 35 of at most 50');
    expect(await of('--persona', 'web', '--tier', 'gold')).toBe('estimate: 45 of at most 90');
  });

  test('says which slicing argument is missing', async () => {
    const { code, stdout } = await weirCost(['{ strict { name } }']);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'refused: Query.strict requires exactly one slicing argument; none of first is given',
    );
  });

  test.each([
    ['is not valid for the persona', [QUERY, '--persona', 'web'], 'bio'],
    ['is for a persona that is not there', [QUERY, '--persona', 'wep'], 'did you mean "web"?'],
    ['is for a tier that is not there', [QUERY, '--tier', 'free'], 'there is no tier "free"'],
    ['has variables that are no object', [QUERY, '--variables', '[1]'], '--variables must be a JSON object'],
    ['has variables of a wrong type', [QUERY, '--variables', '{"n": "a"}'], 'Int cannot represent'],
    ['does not parse', ['{'], 'Syntax Error'],
  ])('ends with an error when the operation %s', async (_, args, text) => {
    const { code, stderr } = await weirCost(args);
    expect(code).toBe(1);
    expect(stderr).toContain(text);
  });

  test('ends with an error when the configuration names what is not there', async () => {
    const files = { ...FILES, 'gateway.yaml': 'policy: { cost: { weights: { User.boi: 2 } } }' };
    const { code, stderr } = await weirCost([QUERY], files);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'policy.cost.weights.User.boi: the supergraph has no such coordinate; did you mean "User.bio"?',
    );
  });

  test('knows the example', async () => {
    await using cli = startCli(['cost', '{ me { id } }'], { cwd: REPOSITORY });
    expect(await cli.ended()).toBe(0);
    expect(cli.output.stdout).toContain('estimate: 1');
  });
});
