import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fetchesOf } from '../../../src/execution/plan.ts';
import { createActivation } from '../../../src/execution/planners/operation/active-overrides.ts';
import { composeSupergraph } from '../../support/compose.ts';
import { type PlanningTest, startPlanner } from '../../support/plan-operation.ts';

const LABELS = ['beta', 'percent(0)', 'percent(0.5)', 'percent(50)', 'percent(99.99999999)', 'percent(100)'];
/** What is on, from nobody's share down to everybody's. */
const SHARES = ['percent(99.99999999)', 'percent(50)', 'percent(0.5)'];

/** A root field for each label, and a field of an entity for `percent(50)` and `beta`. */
const fields = (line: (field: string, label: string) => string): string =>
  LABELS.map((label, index) => line(`f${index}`, label)).join(' ');
const supergraphSdl = composeSupergraph([
  {
    name: 'old',
    url: 'http://old',
    typeDefs: `type Query { ${fields(field => `${field}: Int`)} bill: Bill } type Bill @key(fields: "id") { id: ID! half: Int name: Int }`,
  },
  {
    name: 'new',
    url: 'http://new',
    typeDefs: `type Query { ${fields((field, label) => `${field}: Int @override(from: "old", label: "${label}")`)} }
      type Bill @key(fields: "id") {
        id: ID!
        half: Int @override(from: "old", label: "percent(50)")
        name: Int @override(from: "old", label: "beta")
      }`,
  },
]);

const planners = new Map<string, PlanningTest>();

beforeAll(async () => {
  for (const name of ['native', 'apollo'] as const)
    planners.set(name, await startPlanner(name, supergraphSdl));
});
afterAll(async () => {
  for (const planner of planners.values()) await planner[Symbol.asyncDispose]();
});

async function subgraphsFor(
  planner: string,
  query: string,
  labels: readonly string[],
): Promise<readonly string[]> {
  const plan = await planners.get(planner)?.plan(query, labels);
  return [...fetchesOf(plan ?? null)].map(({ subgraph }) => subgraph);
}

/** Every set of labels that a caller can have: shares only come with all that are larger. */
const sets = [[], ['beta']].flatMap(named =>
  SHARES.map((_, index) => [...named, ...SHARES.slice(0, index)]).concat([[...named, ...SHARES]]),
);

describe.each(['native', 'apollo'])('the %s planner', planner => {
  test.each(sets.map(set => [set.join(' ') || 'no label', set] as const))(
    'takes fields from where %s says',
    async (_name, set) => {
      for (const [index, label] of LABELS.entries()) {
        const isOn = set.includes(label) || label === 'percent(100)';
        expect(await subgraphsFor(planner, `{ f${index} }`, set), label).toEqual([isOn ? 'new' : 'old']);
      }
      const moved = [set.includes('percent(50)'), set.includes('beta')];
      const expected = moved.includes(true) ? ['old', 'new'] : ['old'];
      expect(await subgraphsFor(planner, '{ bill { half name } }', set)).toEqual(expected);
    },
  );
});

test('a percentage is named to the native planner by one that is off, not by a number near it', () => {
  const own = new Map([
    ['beta', null],
    ['percent(5)', 5],
    ['percent(50)', 50],
    ['percent(100)', 100],
  ]);
  const activate = createActivation(own, new Map([['beta', 100]]));
  expect(activate([])).toEqual({ labels: ['beta'], abovePercent: 100 });
  expect(activate(['percent(100)'])).toEqual({ labels: ['beta', 'percent(100)'], abovePercent: 50 });
  expect(activate(['percent(100)', 'percent(50)']).abovePercent).toBe(5);
  expect(activate(['percent(100)', 'percent(5)', 'percent(50)']).abovePercent).toBe(0);
});
