import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Differential, monolith, sortedJson, startDifferential } from '../../support/differential.ts';
import { generateOperations } from '../../support/generate-operations.ts';
import type { TestGateway } from '../../support/start-gateway.ts';

const OPERATIONS = 60;

let differential: Differential;

beforeAll(async () => {
  // All that is not somebody's own is kept, whatever it is.
  differential = await startDifferential({
    cache: { defaultMaxAge: '1h', negative: '1h', jitter: 0, responses: { enabled: false } },
  });
});

afterAll(() => differential[Symbol.asyncDispose]());

async function found(gateway: TestGateway<never>, outcome: string): Promise<number> {
  const { body } = await gateway.gateway.admin.inject('/metrics');
  return body
    .split('\n')
    .filter(line => line.startsWith('weir_cache_entities_total{') && line.includes(`"${outcome}"`))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

describe.each([21, 22])('operations of seed %i', seed => {
  const operations = generateOperations(monolith.schema, { seed, count: OPERATIONS, maxDepth: 5 });

  test('are answered from what is kept as one schema answers them', async () => {
    for (const round of ['first', 'second']) {
      for (const operation of operations) {
        const expected = sortedJson(JSON.stringify(await monolith.execute(operation)));
        for (const [planner, gateway] of differential.gateways) {
          const answer = sortedJson(await differential.answerOf(gateway, operation));
          const question = `${round} ${planner}\n${operation.query}\n${JSON.stringify(operation.variables)}`;
          if (answer !== expected) expect.soft(answer, question).toBe(expected);
        }
      }
    }
  });
});

test('much of it is answered from what is kept', async () => {
  for (const gateway of differential.gateways.values()) {
    const [hits, misses] = [await found(gateway, 'hit'), await found(gateway, 'miss')];
    expect(hits).toBeGreaterThan(misses);
    expect(hits).toBeGreaterThan(300);
  }
});
