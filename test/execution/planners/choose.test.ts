import { expect, test } from 'vitest';
import { choosePlanner, type PlannerChoice } from '../../../src/execution/planners/choose.ts';
import { loadNativePlanner } from '../../../src/execution/planners/native/native.ts';
import { composeSupergraph } from '../../support/compose.ts';
import { plannable } from '../../support/plannable.ts';
import { startGateway } from '../../support/start-gateway.ts';

const sdl = composeSupergraph([{ name: 'a', url: 'http://a', typeDefs: 'type Query { a: Int }' }]);
const lines: { fields: object; message: string }[] = [];
const line = (fields: object, message: string): void => void lines.push({ fields, message });

async function choiceOf(overrides: Partial<PlannerChoice>): Promise<PlannerChoice> {
  lines.length = 0;
  return {
    planner: 'auto',
    budgetMs: 1_000,
    native: await loadNativePlanner(),
    supergraphSdl: sdl,
    types: { isSubtype: (name, of) => name === of, namesUnder: of => [of] },
    logger: { debug: line, info: line, warn: line, error: line },
    ...overrides,
  };
}

test('auto takes the native planner, and says so', async () => {
  expect(choosePlanner(await choiceOf({})).name).toBe('native');
  expect(lines).toMatchObject([{ fields: { planner: 'native' } }]);
});

test('auto takes the portable planner where the native one cannot load, and says why', async () => {
  expect(choosePlanner(await choiceOf({ native: null })).name).toBe('apollo');
  expect(lines).toMatchObject([
    { fields: { planner: 'apollo', reason: expect.stringContaining('no build') } },
  ]);
});

test('auto takes the portable planner for a supergraph that fills arguments from a context', async () => {
  const contextual = composeSupergraph([
    {
      name: 'a',
      url: 'http://a',
      typeDefs: `type Query { user: User }
        type User @key(fields: "id") @context(name: "c") { id: ID! locale: String post: Post }
        type Post @key(fields: "id") { id: ID! text(locale: String @fromContext(field: "$c { locale }")): String }`,
    },
  ]);
  expect(choosePlanner(await choiceOf({ supergraphSdl: contextual })).name).toBe('apollo');
});

test('native that cannot be had is an error which says what to do', async () => {
  const choice = await choiceOf({ planner: 'native', native: null });
  expect(() => choosePlanner(choice)).toThrow(/"auto" or "apollo"/);
});

test('an operation that the native planner refuses is planned by the portable one', async () => {
  const choice = await choiceOf({});
  const broken = {
    ...choice.native,
    QueryPlanner: class {
      planAsync = () => Promise.reject(new Error('no'));
    },
  };
  const planner = choosePlanner({ ...choice, native: broken as never });
  expect(await planner.plan(plannable('{ a }'))).toMatchObject({ kind: 'fetch', subgraph: 'a' });
  expect(lines.at(-1)?.message).toContain('refused');
  await planner.close();
});

test('a gateway with either planner answers', async () => {
  for (const planner of ['auto', 'native', 'apollo'] as const) {
    await using gateway = await startGateway({
      subgraphs: { a: { typeDefs: 'type Query { a: Int }', resolvers: { Query: { a: () => 1 } } } },
      config: { execution: { planner } },
    });
    expect(await gateway.ask('{ a }')).toEqual({ data: { a: 1 } });
  }
});
