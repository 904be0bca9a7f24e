import {
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  validate,
  visit,
} from 'graphql';
import { expect, test } from 'vitest';
import { type AnswerCosts, buildShape } from '../../../src/execution/project/build-shape.ts';
import { projectCarefully } from '../../../src/execution/project/careful.ts';
import { generateProjection } from '../../../src/execution/project/generate.ts';
import { placeDenied } from '../../../src/execution/project/place-denied.ts';
import { FailureLog } from '../../../src/execution/run/failures.ts';
import type { DeniedField } from '../../../src/http/bound-operation.ts';
import type { JsonObject } from '../../../src/shared/json.ts';
import { pick, type Random, randomFrom, randomObject, randomOperation, schema } from './random.ts';

const ROUNDS = 200;
const REFUSALS = new Map([
  [1, { code: 'RATE_LIMITED', message: 'Later.', extensions: { limit: 'a' } }] as const,
]);

function validOperation(random: Random): DocumentNode {
  for (;;) {
    const document = parse(randomOperation(random));
    if (validate(schema, document).length === 0) return document;
  }
}

/** Some weights of each kind. */
const COSTS: AnswerCosts = {
  operationCost: 3,
  typeWeight: name => name.length % 3,
  fieldWeight: (_type, field) => (field.length % 5 === 0 ? 2 : null),
  argumentCost: (_type, node) => (node.name.value.length % 7 === 0 ? () => 5 : null),
};

/** About a fifth of the fields. */
function deniedFields(document: DocumentNode, random: Random): Map<FieldNode, readonly DeniedField[]> {
  const removed = new Map<FieldNode, readonly DeniedField[]>();
  visit(document, {
    Field(node) {
      if (!node.name.value.startsWith('__') && random(10) < 2)
        removed.set(node, [{ path: [], check: random(2) === 0 ? 1 : 2 }]);
    },
  });
  return removed;
}

test('generated code and the interpreter write the same of denied fields, with the same errors and costs', () => {
  let compared = 0;
  let errors = 0;
  let points = 0;
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const random = randomFrom(seed * 104_729);
    const document = validOperation(random);
    const operation = document.definitions.find(
      (part): part is OperationDefinitionNode => part.kind === Kind.OPERATION_DEFINITION,
    ) as OperationDefinitionNode;
    const removed = deniedFields(document, random);
    const shape = buildShape({
      schema,
      document,
      operation,
      responseKeys: new Map(),
      owners: new Map(),
      removed,
      costs: COSTS,
      omitNulls: random(3) === 0,
    });
    const data = randomObject('Query', 5, { random, misfitOneIn: 0 }).sent as JsonObject;
    const variables = { a: pick(random, [true, false]), b: pick(random, [true, false]) };
    const careful = projectCarefully({
      shape,
      data,
      variables,
      failures: new FailureLog(),
      refusals: REFUSALS,
      maxBytes: 1e8,
    });
    const hasEscapes = JSON.stringify(data).includes('\\');
    const run = { variables, shared: new Map(), hasEscapes, failed: false, cost: 0, calls: [] };
    const fast = generateProjection(shape)(data, run);
    if (run.failed) continue;
    compared++;
    errors += careful.errors.length;
    expect(fast).toBe(careful.text);
    expect(run.cost).toBe(careful.cost);
    points += run.cost;
    expect(placeDenied({ shape, data, variables, refusals: REFUSALS })).toEqual(careful.errors);
  }
  expect(compared).toBeGreaterThan(ROUNDS / 10);
  expect(points).toBeGreaterThan(ROUNDS);
  expect(errors).toBeGreaterThan(ROUNDS / 2);
});
