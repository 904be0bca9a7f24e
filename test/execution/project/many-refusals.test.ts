import { expect, test } from 'vitest';
import { MAX_ERRORS, projectCarefully } from '../../../src/execution/project/careful.ts';
import type { FieldShape, ObjectShape } from '../../../src/execution/project/shape.ts';
import { FailureLog } from '../../../src/execution/run/failures.ts';
import type { Refusal } from '../../../src/http/bound-operation.ts';

const field = (key: string, value: FieldShape['value']): FieldShape => ({
  key,
  source: key,
  owner: null,
  include: null,
  omitNull: false,
  checks: [],
  denial: null,
  cost: null,
  counters: [],
  value,
});
const object = (id: number, fields: readonly FieldShape[]): ObjectShape => ({
  id,
  variants: new Map([['T', fields]]),
  untyped: null,
  costs: new Map(),
  counters: [],
});

test('of thousands of denied values as many are looked at as are told', () => {
  const denied = { kind: 'denied', fields: [{ path: [], check: 0 }], nonNull: false } as const;
  const note = object(
    1,
    ['a', 'b', 'c'].map(key => field(key, denied)),
  );
  const notes = {
    kind: 'list',
    of: { kind: 'object', shape: note, nonNull: true },
    nonNull: true,
  } as const;
  let looked = 0;
  class Counting extends Map<number, Refusal> {
    override get(check: number): Refusal | undefined {
      looked++;
      return super.get(check);
    }
  }
  const { text, errors } = projectCarefully({
    shape: object(0, [field('notes', notes)]),
    data: { notes: Array.from({ length: 2_000 }, () => ({})) },
    variables: {},
    failures: new FailureLog(),
    refusals: new Counting(),
    maxBytes: 1e6,
  });
  expect(JSON.parse(text).notes).toHaveLength(2_000);
  expect(errors).toHaveLength(MAX_ERRORS);
  expect(looked).toBe(MAX_ERRORS);
});
