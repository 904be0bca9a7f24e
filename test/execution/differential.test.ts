import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Differential, monolith, sortedJson, startDifferential } from '../support/differential.ts';
import { type GeneratedOperation, generateOperations } from '../support/generate-operations.ts';

const SEEDS = [2, 3, 4, 5, 6, 11];
const OPERATIONS_PER_SEED = 120;

let differential: Differential;

beforeAll(async () => {
  differential = await startDifferential();
});

afterAll(() => differential[Symbol.asyncDispose]());

/** Where a variable decides which occurrence of a field comes first, the order of keys is not compared. */
function sameOrderExpected({ query }: GeneratedOperation): boolean {
  return !/@(skip|include)\(if: \$/.test(query);
}

describe.each(SEEDS)('operations of seed %i', seed => {
  const operations = generateOperations(monolith.schema, { seed, count: OPERATIONS_PER_SEED, maxDepth: 5 });

  test('are answered alike by the native planner, the portable planner and one schema without either', async () => {
    for (const operation of operations) {
      const expected = JSON.stringify(await monolith.execute(operation));
      for (const [planner, gateway] of differential.gateways) {
        const answer = await differential.answerOf(gateway, operation);
        const differs = sameOrderExpected(operation)
          ? answer !== expected
          : sortedJson(answer) !== sortedJson(expected);
        const question = `${planner}\n${operation.query}\n${JSON.stringify(operation.variables)}`;
        if (differs) expect.soft(answer, question).toBe(expected);
      }
    }
  });
});

test('the native planner takes nearly all of them', () => {
  const refused =
    differential.gateways.get('auto')?.log.filter(({ message }) => message.includes('refused')).length ?? 0;
  expect(refused).toBeLessThan(SEEDS.length * OPERATIONS_PER_SEED * 0.15);
});
