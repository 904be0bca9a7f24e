import {
  type DocumentNode,
  execute,
  Kind,
  NoUnusedVariablesRule,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { expect, test } from 'vitest';
import { buildShape } from '../../../src/execution/project/build-shape.ts';
import { startCounting } from '../../../src/execution/project/call-counts.ts';
import { projectCarefully } from '../../../src/execution/project/careful.ts';
import { generateProjection } from '../../../src/execution/project/generate.ts';
import type { ObjectShape } from '../../../src/execution/project/shape.ts';
import { FailureLog } from '../../../src/execution/run/failures.ts';
import type { AnswerCalls } from '../../../src/policy/rate-limit/answer-calls.ts';
import type { JsonObject } from '../../../src/shared/json.ts';
import { pick, type Random, randomFrom, randomObject, randomOperation, STRINGS, schema } from './random.ts';

const ROUNDS = 150;

interface Projected {
  readonly calls: { readonly fast: readonly number[]; readonly careful: readonly number[] };
  readonly fast: string | null;
  readonly careful: string;
  readonly paths: readonly string[];
}

/** Some fields are counted, some twice, and some together with others. */
const CALLS: AnswerCalls = {
  countersOf: (_type, { name }) => [[], [0], [1, 2], [0, 3]][name.value.length % 4] ?? [],
};

function shapeOf(document: DocumentNode, omitNulls = false): ObjectShape {
  const operation = document.definitions.find(
    ({ kind }) => kind === Kind.OPERATION_DEFINITION,
  ) as OperationDefinitionNode;
  return buildShape({
    schema,
    document,
    operation,
    responseKeys: new Map(),
    owners: new Map(),
    omitNulls,
    calls: CALLS,
  });
}

function objectsIn(value: unknown): readonly object[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(objectsIn)];
}

interface ProjectOptions {
  readonly variables?: Readonly<Record<string, boolean>>;
  readonly omitNulls?: boolean;
}

function project(
  document: DocumentNode,
  data: JsonObject,
  { variables = {}, omitNulls = false }: ProjectOptions = {},
): Projected {
  const shape = shapeOf(document, omitNulls);
  // As a subgraph's reply would be judged: by whether its text holds a backslash.
  const hasEscapes = JSON.stringify(data).includes('\\');
  const calls = startCounting(shape.counters);
  // Every object, as if each stood at several places.
  const shared = new Map(objectsIn(data).map(one => [one, []]));
  const run = { variables, shared, hasEscapes, failed: false, cost: 0, calls };
  const fast = generateProjection(shape)(data, run);
  const careful = projectCarefully({ shape, data, variables, failures: new FailureLog(), maxBytes: 1e8 });
  return {
    fast: run.failed ? null : fast,
    careful: careful.text,
    calls: { fast: calls, careful: careful.calls },
    paths: careful.errors.map(({ path }) => (path ?? []).join('.')).sort(),
  };
}

function reference(
  document: DocumentNode,
  seen: unknown,
  variableValues: Readonly<Record<string, boolean>>,
): Pick<Projected, 'careful' | 'paths'> {
  const [first] = document.definitions;
  const only: DocumentNode = {
    ...document,
    definitions: document.definitions.filter(
      definition => definition === first || definition.kind === Kind.FRAGMENT_DEFINITION,
    ),
  };
  const result = execute({ schema, document: only, rootValue: seen, variableValues });
  if (result instanceof Promise) throw new TypeError('nothing here waits');
  return {
    careful: JSON.stringify(result.data),
    paths: (result.errors ?? []).map(({ path }) => (path ?? []).join('.')).sort(),
  };
}

/** Valid, but for variables that it may not use. */

function validOperation(random: Random): DocumentNode {
  for (;;) {
    const document = parse(randomOperation(random));
    if (
      validate(
        schema,
        document,
        specifiedRules.filter(rule => rule !== NoUnusedVariablesRule),
      ).length === 0
    )
      return document;
  }
}

function eachRound(
  misfitOneIn: number,
  check: (
    document: DocumentNode,
    data: { sent: unknown; seen: unknown },
    variables: Record<string, boolean>,
  ) => void,
): void {
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const random = randomFrom(seed * 7_919);
    const document = validOperation(random);
    const data = randomObject('Query', 5, { random, misfitOneIn });
    const variables = { a: pick(random, [true, false]), b: pick(random, [true, false]) };
    check(document, data, variables);
  }
}

test('where all fits, both projections write what graphql-js does', () => {
  eachRound(0, (document, { sent, seen }, variables) => {
    const { fast, careful, paths, calls } = project(document, sent as JsonObject, { variables });
    expect(paths).toEqual([]);
    expect(fast).toBe(careful);
    expect(calls.fast).toEqual(calls.careful);
    expect(JSON.parse(careful)).toEqual(JSON.parse(reference(document, seen, variables).careful));
  });
});

test('where something does not fit, nulls and error paths are those of graphql-js', () => {
  let failed = 0;
  eachRound(25, (document, { sent, seen }, variables) => {
    const { fast, careful, paths } = project(document, sent as JsonObject, { variables });
    const expected = reference(document, seen, variables);
    expect(paths).toEqual(expected.paths);
    expect(JSON.parse(careful)).toEqual(JSON.parse(expected.careful));
    expect(fast).toBe(paths.length > 0 ? null : careful);
    if (paths.length > 0) failed++;
  });
  expect(failed).toBeGreaterThan(ROUNDS / 4);
});

/** Without the fields that are null; what is null in a list stays. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const present = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(present.map(([key, item]) => [key, withoutNulls(item)]));
}

test.each([0, 25])('where nulls are left out, both leave out the same (a misfit in %d)', misfitOneIn => {
  let omitted = 0;
  eachRound(misfitOneIn, (document, { sent, seen }, variables) => {
    const options = { variables, omitNulls: true };
    const { fast, careful, paths } = project(document, sent as JsonObject, options);
    const expected = reference(document, seen, variables);
    expect(paths).toEqual(expected.paths);
    expect(JSON.parse(careful)).toEqual(withoutNulls(JSON.parse(expected.careful)));
    expect(fast).toBe(paths.length > 0 ? null : careful);
    if (careful.length < expected.careful.length) omitted++;
  });
  expect(omitted).toBeGreaterThan(ROUNDS / 4);
});

const LEAF = parse('{ leaf { id s i f j } }');

function leaf(fields: JsonObject): Projected {
  return project(LEAF, { leaf: { id: 'a', s: '', i: 0, f: 0, j: null, ...fields } });
}

test.each(STRINGS.map(text => [JSON.stringify(text).slice(0, 40), text]))(
  'the text %s is written as JSON.stringify does',
  (_name, text) => {
    const { fast, careful } = leaf({ s: text, id: text, j: text });
    expect(careful).toBe(JSON.stringify({ leaf: { id: text, s: text, i: 0, f: 0, j: text } }));
    expect(fast).toBe(careful);
  },
);

test.each([0, -0, 1e21, -1e-7, 5e-324, 1.7976931348623157e308, 2_147_483_648, 0.1])(
  'the number %d is written as JSON.stringify does',
  value => {
    const { fast, careful } = leaf({ f: value, j: value });
    expect(careful).toBe(JSON.stringify({ leaf: { id: 'a', s: '', i: 0, f: value, j: value } }));
    expect(fast).toBe(careful);
  },
);

test.each([2_147_483_648, -2_147_483_649, 1.5, '1', true, 1e21, Number.POSITIVE_INFINITY])(
  '%j is no Int',
  value => {
    expect(leaf({ i: value })).toMatchObject({ fast: null, paths: ['leaf.i'] });
  },
);

test.each([2_147_483_647, -2_147_483_648, -0, 1e3])('%d is an Int', value => {
  const { fast, careful } = leaf({ i: value });
  expect(fast).toBe(careful);
  expect(JSON.parse(careful).leaf.i).toBe(value + 0);
});

test('an id that came as a number is a text', () => {
  for (const id of [7, 0, -3, 9_007_199_254_740_991]) {
    const { fast, careful } = leaf({ id });
    expect(fast).toBe(careful);
    expect(JSON.parse(careful).leaf.id).toBe(String(id));
  }
  expect(leaf({ id: 1.5 }).paths).toEqual(['leaf.id']);
});

test('an infinite number, which JSON text can hold, is no Float', () => {
  expect(leaf({ f: JSON.parse('1e999') })).toMatchObject({ fast: null, paths: ['leaf.f'] });
});
