import { expect, test } from 'vitest';
import { composeSupergraph } from '../../src/supergraph/compose.ts';
import { CompositionError } from '../../src/supergraph/composition-error.ts';
import { withFederation } from '../support/compose.ts';

function problemsOf(schemas: Readonly<Record<string, string>>): readonly string[] {
  const subgraphs = Object.entries(schemas).map(([name, sdl]) => ({
    name,
    url: 'http://127.0.0.1:9',
    sdl: withFederation(sdl),
    origin: `${name}.graphql`,
  }));
  try {
    composeSupergraph(subgraphs);
  } catch (error) {
    if (error instanceof CompositionError) return error.problems;
    throw error;
  }
  return [];
}

test('a conflict between subgraphs names both, the coordinate and the places', () => {
  const problems = problemsOf({
    a: 'type Query { p: P } type P @shareable { size(unit: Int): Int }',
    b: 'type P @shareable { size(unit: Int): String }',
  });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/^\[a, b\] P\.size FIELD_TYPE_MISMATCH: /);
  expect(problems[0]).toMatch(/\nat a\.graphql:\d+:\d+, b\.graphql:\d+:\d+$/);
});

test('a conflict about an argument names the argument', () => {
  const [first] = problemsOf({
    a: 'type Query { p: P } type P @shareable { size(unit: Int): Int }',
    b: 'type P @shareable { size(unit: String): Int }',
  });
  expect(first).toMatch(/^\[a, b\] P\.size\(unit:\) FIELD_ARGUMENT_TYPE_MISMATCH: /);
});

test('a field that no path leads to names its coordinate', () => {
  const [first] = problemsOf({ a: 'type Query { p: P } type P { id: ID }', b: 'type P { z: Int }' });
  expect(first).toMatch(/^\[a, b\] P\.z SATISFIABILITY_ERROR: /);
});

test('syntax errors of several subgraphs are told together', () => {
  const problems = problemsOf({ a: 'type Query {', b: 'type P }' });
  expect(problems.map(problem => problem.split(':')[0])).toEqual([
    '[a] INVALID_GRAPHQL',
    '[b] INVALID_GRAPHQL',
  ]);
});
