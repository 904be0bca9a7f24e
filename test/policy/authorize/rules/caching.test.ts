import { not, or, rule } from 'graphql-shield';
import { describe, expect, test, vi } from 'vitest';
import { ALLOW, compiled, DENY, NEEDS_PARENT, startRequest } from './ask-rules.ts';

type Check = (parent: never, args: never, context: never, info: never) => unknown;
type Cache = 'contextual' | 'strict' | 'no_cache' | ((parent: never, args: never) => string);

/** A rule that counts how often it is asked. */
function counting(cache: Cache, check: Check = () => true) {
  const spy = vi.fn(check);
  const made = rule('counted', { cache: cache as 'strict' })(spy as unknown as () => boolean);
  return { spy, shieldRule: made, plan: compiled(made) };
}

const MINE = { id: 'u-1' };
const YOURS = { id: 'u-2' };

test('without caching a rule is asked each time', async () => {
  const { spy, plan } = counting('no_cache');
  const { ask } = startRequest();
  await ask(plan);
  await ask(plan);
  expect(spy).toHaveBeenCalledTimes(2);
});

describe('a contextual rule', () => {
  test('is asked once a request, whatever field, also while it is still thinking', async () => {
    const { spy, plan } = counting('contextual', async () => true);
    const { ask } = startRequest();
    await Promise.all([ask(plan), ask(plan, { args: { first: 1 } }), ask(plan, { parent: MINE })]);
    expect(spy).toHaveBeenCalledTimes(1);
    await startRequest().ask(plan);
    expect(spy).toHaveBeenCalledTimes(2);
  });

  test('is asked once even if it denies, which shield does not remember', async () => {
    const { spy, plan } = counting('contextual', () => false);
    const { ask } = startRequest();
    expect([await ask(plan), await ask(plan)]).toEqual([DENY, DENY]);
    expect(spy).toHaveBeenCalledTimes(1);
  });

  test.each<[string, Check]>([
    ['args', (_, args: { first: number }) => args.first < 10],
    ['parent', (parent: { id: string }) => parent.id === 'u-1'],
    ['info', (_, __, ___, info: { fieldName: string }) => info.fieldName === 'me'],
  ])('that reads %s after all denies and is reported, also under not()', async (_, check) => {
    const { plan, shieldRule } = counting('contextual', check);
    const question = { args: { first: 1 }, parent: MINE };
    const request = startRequest();
    expect(await request.ask(plan, question)).toEqual(DENY);
    expect(await request.ask(compiled(not(shieldRule)), question)).toEqual(DENY);
    expect(request.failures[0]).toMatchObject({ rule: 'counted' });
    expect(String(request.failures[0]?.error)).toMatch(/contextual/);
  });

  test('that hides that it read its arguments denies', async () => {
    const { plan } = counting('contextual', (_, args: { first: number }) => {
      try {
        return args.first < 10;
      } catch {
        return true;
      }
    });
    expect(await startRequest().ask(plan)).toEqual(DENY);
  });
});

describe('a strict rule', () => {
  test('is asked once for one parent and equal arguments', async () => {
    const { spy, plan } = counting('strict', (parent: { id: string }) => parent.id === 'u-1');
    const { ask } = startRequest();
    expect(await ask(plan, { parent: MINE, args: { a: 1, b: [{ c: 2 }] } })).toEqual(ALLOW);
    expect(await ask(plan, { parent: MINE, args: { b: [{ c: 2 }], a: 1 } })).toEqual(ALLOW);
    expect(spy).toHaveBeenCalledTimes(1);
    expect(await ask(plan, { parent: YOURS, args: { a: 1, b: [{ c: 2 }] } })).toEqual(DENY);
    expect(spy).toHaveBeenCalledTimes(2);
  });

  test.each<[unknown, unknown]>([
    [1, '1'],
    [null, undefined],
    [1n, 1],
    [
      [1, 2],
      [[1], 2],
    ],
    [{ a: 1 }, { a: 1, b: undefined }],
    [{ a: 1 }, { b: 1 }],
    ['a,b', ['a', 'b']],
    [new Map([[1, 2]]), new Map([[1, 3]])],
    [new Date(1), new Date(2)],
    [{ '"a":1,"b"': 2 }, { a: 1, b: 2 }],
  ])('does not take %o for %o', async (one, other) => {
    const { spy, plan } = counting('strict');
    const { ask } = startRequest();
    await ask(plan, { args: { it: one } });
    await ask(plan, { args: { it: other } });
    expect(spy).toHaveBeenCalledTimes(2);
  });

  test('is asked again after the fetch if it needed the parent', async () => {
    const { plan } = counting('strict', (parent: { id: string }) => parent.id === 'u-1');
    const { ask } = startRequest();
    expect(await ask(plan)).toEqual(NEEDS_PARENT);
    expect(await ask(plan)).toEqual(NEEDS_PARENT);
    expect(await ask(plan, { parent: MINE })).toEqual(ALLOW);
  });

  test('that reads info denies: its answer would be taken for other fields', async () => {
    const { plan } = counting('strict', (_, __, ___, info: { fieldName: string }) => info.fieldName === 'me');
    const request = startRequest();
    expect(await request.ask(plan)).toEqual(DENY);
    expect(request.failures).toHaveLength(1);
  });

  test('takes arguments of any depth', async () => {
    let deep: object = {};
    for (let depth = 0; depth < 50_000; depth++) deep = { deep };
    const { plan } = counting('strict');
    expect(await startRequest().ask(plan, { args: { deep } })).toEqual(ALLOW);
  });
});

describe('a rule with a cache function', () => {
  test('is asked once for each key', async () => {
    const { spy, plan } = counting((_, args: { id: string }) => args.id);
    const { ask } = startRequest();
    for (const id of ['a', 'b', 'a']) await ask(plan, { args: { id } });
    expect(spy).toHaveBeenCalledTimes(2);
  });

  test('whose key needs the parent is decided after the fetch', async () => {
    const { spy, plan } = counting((parent: { id: string }) => parent.id);
    const { ask } = startRequest();
    expect(await ask(plan)).toEqual(NEEDS_PARENT);
    await ask(plan, { parent: MINE });
    await ask(plan, { parent: { ...MINE } });
    await ask(plan, { parent: YOURS });
    expect(spy).toHaveBeenCalledTimes(2);
  });

  test('whose key hides that it needed the parent is decided after the fetch', async () => {
    const { plan } = counting((parent: { id: string }, args: { first: number }) => {
      try {
        return args.first === 1 ? 'one' : parent.id;
      } catch {
        return 'one';
      }
    });
    const { ask } = startRequest();
    expect(await ask(plan, { args: { first: 1 } })).toEqual(ALLOW);
    expect(await ask(plan, { args: { first: 2 } })).toEqual(NEEDS_PARENT);
  });

  test('that needed the parent for its answer is asked again with it', async () => {
    const { plan } = counting(
      () => 'one key',
      (parent: { id: string }) => parent.id === 'u-1',
    );
    const { ask } = startRequest();
    expect(await ask(plan)).toEqual(NEEDS_PARENT);
    expect(await ask(plan, { parent: MINE })).toEqual(ALLOW);
  });

  test('does not take two objects for one key', async () => {
    const { spy, plan } = counting((() => ({})) as unknown as () => string);
    const { ask } = startRequest();
    await ask(plan);
    await ask(plan);
    expect(spy).toHaveBeenCalledTimes(2);
  });

  test('denies if the function throws', async () => {
    const { plan } = counting(() => {
      throw new Error('no key');
    });
    const request = startRequest();
    expect(await request.ask(plan)).toEqual(DENY);
    expect(request.failures).toHaveLength(1);
  });
});

test.each(['contextual', 'strict'] as const)('%s rules of one name do not share answers', async cache => {
  const allows = rule('same', { cache })(() => true);
  const denies = rule('same', { cache })(() => false);
  const { ask } = startRequest();
  expect(await ask(compiled(allows))).toEqual(ALLOW);
  expect(await ask(compiled(denies))).toEqual(DENY);
  expect(await ask(compiled(or(denies, denies)))).toEqual(DENY);
});

test('a rule is still right when there is no room to remember more', async () => {
  const { spy, plan } = counting('strict', (_, args: { id: number }) => args.id % 2 === 0);
  const { ask } = startRequest();
  for (let id = 0; id < 10_001; id++) await ask(plan, { args: { id } });
  expect(spy).toHaveBeenCalledTimes(10_001);
  expect(await ask(plan, { args: { id: 0 } })).toEqual(ALLOW);
  expect(spy).toHaveBeenCalledTimes(10_001);
  expect(await ask(plan, { args: { id: 10_001 } })).toEqual(DENY);
  expect(await ask(plan, { args: { id: 10_001 } })).toEqual(DENY);
  expect(spy).toHaveBeenCalledTimes(10_003);
});
