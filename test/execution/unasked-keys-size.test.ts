import { expect, test } from 'vitest';
import { readFetchedFields } from '../../src/execution/compile/fetched-fields.ts';
import { compileUnaskedKeys } from '../../src/execution/compile/unasked-keys.ts';
import type { FetchPlan } from '../../src/execution/plan.ts';
import type { JsonObject } from '../../src/shared/json.ts';
import { startOwnTime } from '../support/own-time.ts';

function rootFetch(subgraph: string, operation: string): FetchPlan {
  return {
    ...{ kind: 'fetch', subgraph, operationKind: 'query', operation, operationName: null, variables: [] },
    target: { kind: 'root', path: [], outputRewrites: [] },
  };
}

const nested = (depth: number, leaf: string): string =>
  depth === 0
    ? leaf
    : `{ __typename ... on A { n ${nested(depth - 1, leaf)} } ... on B { n ${nested(depth - 1, leaf)} } }`;

test('what may arrive is worked out in time for types that multiply below each other', () => {
  const fetches = [
    rootFetch('one', `{ n ${nested(11, '{ x }')} }`),
    rootFetch('two', `{ n ${nested(11, '{ y }')} }`),
    rootFetch('three', `{ ${'n { '.repeat(100)} x ${'}'.repeat(100)} }`),
  ];
  const fields = new Map(fetches.map(fetch => [fetch, readFetchedFields(fetch)]));
  using time = startOwnTime();
  const find = compileUnaskedKeys(fields, (name, of) => name === of);
  expect(time.ms).toBeLessThan(2_000);
  const answerWith = (leaf: JsonObject): JsonObject => {
    let answer: JsonObject = { n: leaf };
    for (let level = 0; level < 11; level++)
      answer = { n: { __typename: level % 2 ? 'A' : 'B', n: answer['n'] ?? null } };
    return answer;
  };
  const answer = answerWith({ x: 1, y: 2 });
  find(fetches[0] as FetchPlan, null)?.(answer);
  expect(answer).toEqual(answerWith({ x: 1 }));
});
