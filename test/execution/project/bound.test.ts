import { buildSchema, type OperationDefinitionNode, parse } from 'graphql';
import { expect, test } from 'vitest';
import { buildShape } from '../../../src/execution/project/build-shape.ts';
import { projectCarefully } from '../../../src/execution/project/careful.ts';
import { generateProjection } from '../../../src/execution/project/generate.ts';
import type { ObjectShape } from '../../../src/execution/project/shape.ts';
import { FailureLog } from '../../../src/execution/run/failures.ts';
import type { JsonObject } from '../../../src/shared/json.ts';
import { startOwnTime } from '../../support/own-time.ts';

const schema = buildSchema(
  'type Query { me: Person } type Person { id: ID flag: Boolean tags: [String] friends: [Person] }',
);

function shapeOf(text: string): ObjectShape {
  const document = parse(text);
  const operation = document.definitions[0] as OperationDefinitionNode;
  return buildShape({ schema, document, operation, responseKeys: new Map(), owners: new Map() });
}

function careful(shape: ObjectShape, data: JsonObject, maxBytes: number): string {
  return projectCarefully({ shape, data, variables: {}, failures: new FailureLog(), maxBytes }).text;
}

test('the careful projection counts every character that it writes', () => {
  const shape = shapeOf('{ me { id flag tags none: friends { id } friends { __typename id } } }');
  const friend = { id: 'a"b', flag: true, tags: ['x', null], friends: [] };
  const data = { me: { ...friend, friends: [friend, null, friend] } };
  const text = careful(shape, data, 1e6);
  expect(careful(shape, data, text.length)).toBe(text);
  expect(() => careful(shape, data, text.length - 1)).toThrow(/larger/);
});

test('both projections give up a graph of shared objects that unfolds without end', () => {
  const levels = 40;
  const shape = shapeOf(`{ me { ${'friends { '.repeat(levels)} id ${'}'.repeat(levels)} } }`);
  const people: JsonObject[] = Array.from({ length: 50 }, (_, id) => ({ id: String(id) }));
  for (const person of people) person['friends'] = people;
  const data = { me: people[0] as JsonObject };
  using time = startOwnTime();
  expect(() => careful(shape, data, 8e6)).toThrow(/larger/);
  const run = {
    variables: {},
    shared: new Map(people.map(person => [person, []])),
    hasEscapes: false,
    failed: false,
    cost: 0,
    calls: [],
  };
  const fast = generateProjection(shape);
  expect(() => {
    if (fast(data, run).length > 8e6) throw new RangeError('larger');
  }).toThrow(RangeError);
  expect(time.ms).toBeLessThan(2_000);
});
