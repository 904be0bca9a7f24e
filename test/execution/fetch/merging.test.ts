import { describe, expect, test } from 'vitest';
import { compileOutputRewrites } from '../../../src/execution/compile/output-rewrites.ts';
import { compilePath } from '../../../src/execution/compile/path.ts';
import type { ResponsePath } from '../../../src/execution/plan.ts';
import { PlanCache } from '../../../src/execution/plan-cache.ts';
import { type Failure, FailureLog } from '../../../src/execution/run/failures.ts';
import { splitEntities } from '../../../src/execution/run/load-entities.ts';
import { mergeInto } from '../../../src/execution/run/merge.ts';
import type { JsonObject } from '../../../src/shared/json.ts';
import { startOwnTime } from '../../support/own-time.ts';

function parsed(text: string): JsonObject {
  return JSON.parse(text) as JsonObject;
}

describe('merging', () => {
  test('adds what is missing, replaces nulls, and goes into objects and lists of equal length', () => {
    const target = parsed('{"a":1,"b":null,"c":{"d":1},"list":[{"x":1},null,{"x":3}]}');
    mergeInto(target, parsed('{"b":2,"c":{"e":2},"f":3,"list":[{"y":1},{"y":2},null]}'));
    expect(target).toEqual(
      parsed('{"a":1,"b":2,"c":{"d":1,"e":2},"f":3,"list":[{"x":1,"y":1},{"y":2},{"x":3}]}'),
    );
  });

  test('never lets a null or a missing field take a value away', () => {
    const target = parsed('{"a":1,"c":{"d":1}}');
    mergeInto(target, parsed('{"a":null,"c":null}'));
    mergeInto(target, {});
    expect(target).toEqual(parsed('{"a":1,"c":{"d":1}}'));
  });

  test('keeps the objects that others hold', () => {
    const inner = { d: 1 };
    const target: JsonObject = { c: inner, list: [inner] };
    mergeInto(target, parsed('{"c":{"e":2},"list":[{"f":3}]}'));
    expect(target['c']).toBe(inner);
    expect(inner).toEqual({ d: 1, e: 2, f: 3 });
  });

  test('takes the newer of two that cannot be merged', () => {
    const target = parsed('{"a":[1],"b":{"c":1},"d":"x"}');
    mergeInto(target, parsed('{"a":[1,2],"b":[1],"d":"y"}'));
    expect(target).toEqual(parsed('{"a":[1,2],"b":[1],"d":"y"}'));
  });

  test('never reaches a prototype', () => {
    const target: JsonObject = {};
    mergeInto(
      target,
      parsed(
        '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":{"__proto__":{"polluted":1}}}',
      ),
    );
    mergeInto(
      target,
      parsed('{"a":{"__proto__":{"polluted":2}},"constructor":{"prototype":{"polluted":2}}}'),
    );
    expect(({} as JsonObject)['polluted']).toBeUndefined();
    expect(Object.getPrototypeOf(target)).toBe(Object.prototype);
  });
});

const LIST = { kind: 'list' } as const;
const field = (key: string) => ({ kind: 'field', key }) as const;
const types = (...names: string[]) => ({ kind: 'types', names }) as const;

function visited(path: ResponsePath, root: JsonObject, shared: readonly object[] = []): readonly unknown[] {
  const found: unknown[] = [];
  compilePath(path)(
    root,
    new Map(shared.map(object => [object, []])),
    object => void found.push(object['id']),
  );
  return found;
}

describe('a path', () => {
  const data = parsed(
    '{"id":"root","a":{"id":"a"},"list":[{"id":1,"__typename":"X"},null,{"id":2,"__typename":"Y"}],"grid":[[{"id":3}],[{"id":4}]],"word":"w"}',
  );

  test.each<[string, ResponsePath, readonly unknown[]]>([
    ['of nothing visits the root', [], ['root']],
    ['of a field visits its object', [field('a')], ['a']],
    ['of a list visits its objects', [field('list'), LIST], [1, 2]],
    ['of types visits those', [field('list'), LIST, types('Y', 'Z')], [2]],
    ['of a list of lists visits all', [field('grid'), LIST, LIST], [3, 4]],
    ['that the data does not have visits nothing', [field('none'), LIST, field('more')], []],
    ['into a word visits nothing', [field('word'), field('length')], []],
    ['of a list where there is none visits nothing', [field('a'), LIST], []],
  ])('%s', (_name, path, expected) => {
    expect(visited(path, data)).toEqual(expected);
  });

  test('walks a shared object once at each of its steps', () => {
    const shared = parsed('{"id":"s"}');
    expect(visited([field('list'), LIST], { list: [{ at: shared }, { at: shared }] }, [])).toHaveLength(2);
    const people: JsonObject[] = Array.from({ length: 50 }, (_, id) => ({ id }));
    for (const person of people) person['friends'] = people;
    const deep = Array.from({ length: 30 }, () => [field('friends'), LIST] as const).flat();
    using time = startOwnTime();
    expect(visited(deep, people[0] as JsonObject, people).length).toBeLessThanOrEqual(people.length ** 2);
    expect(time.ms).toBeLessThan(500);
  });
});

describe('output rewrites', () => {
  test('rename and set where the type fits, at every depth', () => {
    const rewrite = compileOutputRewrites([
      { kind: 'rename', path: [field('list'), LIST, types('X'), field('old')], to: 'new' },
      { kind: 'set', path: [field('one'), field('__typename')], value: 'Y' },
    ]);
    const answer = parsed(
      '{"list":[{"__typename":"X","old":1},{"__typename":"Z","old":2},null,{"old":3}],"one":{"__typename":"I"}}',
    );
    rewrite?.(answer);
    expect(answer).toEqual(
      parsed(
        '{"list":[{"__typename":"X","new":1},{"__typename":"Z","old":2},null,{"new":3}],"one":{"__typename":"Y"}}',
      ),
    );
  });

  test('leave answers of another shape alone', () => {
    const rewrite = compileOutputRewrites([{ kind: 'rename', path: [field('a'), field('b')], to: 'c' }]);
    for (const text of ['{}', '{"a":1}', '{"a":null}', '{"a":[1,"x"]}', '{"a":{}}']) {
      const answer = parsed(text);
      rewrite?.(answer);
      expect(answer).toEqual(parsed(text));
    }
  });

  test('are nothing when there are none', () => expect(compileOutputRewrites([])).toBeNull());
});

function failure(code: string): Failure {
  return { code, message: '', subgraph: 'a', extensions: {} };
}

describe('failures', () => {
  test('are found at their place, once, with the rest of their path', () => {
    const log = new FailureLog();
    const holder = {};
    const one = failure('A');
    log.anchor(one, holder, ['a', 'b', 0]);
    log.anchor(one, holder, ['a', 'b', 0]);
    expect(log.at(holder, 'a')).toEqual([{ failure: one, rest: ['b', 0] }]);
    expect([log.at(holder, 'b'), log.at({}, 'a'), log.size]).toEqual([[], [], 1]);
  });

  test('are bounded at each place', () => {
    const log = new FailureLog();
    const holder = {};
    for (let count = 0; count < 1_000; count++) log.anchor(failure(`${count}`), holder, ['a']);
    expect(log.at(holder, 'a').length).toBeLessThanOrEqual(10);
    expect(log.at(holder, 'a')[0]?.failure.code).toBe('0');
  });

  test('of entities go to their entity, or to all when they name none that is there', () => {
    const error = (path: readonly (string | number)[] | null, code: string) => ({ message: '', path, code });
    const split = splitEntities(
      [{ a: 1 }, null, 'x'],
      [
        error(['_entities', 1, 'a'], 'A'),
        error(['_entities', 1], 'B'),
        error(null, 'C'),
        error(['_entities', 9, 'a'], 'D'),
      ],
    );
    const codes = split.map(entity =>
      entity instanceof Error ? 'bad' : entity.errors.map(({ code, path }) => `${code} ${path}`),
    );
    expect(codes).toEqual([['C null', 'D null'], ['A a', 'B null', 'C null', 'D null'], 'bad']);
  });
});

describe('the plan cache', () => {
  function cache(): { plans: PlanCache<number>; clock: { at: number; now(): number; elapsed(): number } } {
    const clock = { at: 0, now: () => clock.at, elapsed: () => clock.at };
    return { plans: new PlanCache<number>(16_000, clock, () => 4_000), clock };
  }

  test('prepares an operation once, however many ask at once', async () => {
    const { plans } = cache();
    let prepared = 0;
    const prepare = async (): Promise<number> => ++prepared;
    expect(
      await Promise.all([plans.get('a', prepare), plans.get('a', prepare), plans.get('a', prepare)]),
    ).toEqual([1, 1, 1]);
    expect(await plans.get('a', prepare)).toBe(1);
  });

  test('remembers a failure for a while, and no longer', async () => {
    const { plans, clock } = cache();
    let tried = 0;
    const fail = async (): Promise<number> => {
      tried++;
      throw new Error('no plan');
    };
    for (let count = 0; count < 3; count++) await expect(plans.get('a', fail)).rejects.toThrow('no plan');
    expect(tried).toBe(1);
    clock.at = 4_999;
    await expect(plans.get('a', fail)).rejects.toThrow('no plan');
    clock.at = 5_000;
    expect(await plans.get('a', async () => 7)).toBe(7);
    expect(tried).toBe(1);
  });

  test('keeps no more than it may, the latest used', async () => {
    const { plans } = cache();
    for (const id of ['a', 'b', 'c', 'd', 'a', 'e']) await plans.get(id, async () => 1);
    expect(plans.size).toBe(4);
    expect(await plans.get('a', async () => 2)).toBe(1);
    expect(await plans.get('b', async () => 2)).toBe(2);
  });
});
