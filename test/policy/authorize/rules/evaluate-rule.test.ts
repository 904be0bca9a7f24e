import { allow, and, chain, deny, inputRule, not, or, race, rule } from 'graphql-shield';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ROOT_PARENT, RULE_TIMEOUT_MS } from '../../../../src/policy/authorize/rules/ask-leaf.ts';
import { ALLOW, ask, compiled, context, DENY, denied, NEEDS_PARENT, startRequest } from './ask-rules.ts';

const says = (answer: unknown) => rule()(() => answer as boolean);
const throws = rule('throws')(() => {
  throw new Error('secret');
});
const readsParent = rule()(parent => parent.isMine);

describe('a rule', () => {
  test.each([true, Promise.resolve(true)])('allows by the answer true alone', async answer => {
    expect(await ask(says(answer))).toEqual(ALLOW);
  });

  test.each([false, undefined, null, 1, 'x', {}, [], () => true, new Boolean(true), Promise.resolve('yes')])(
    'denies by any other answer, as %s',
    async answer => {
      expect((await ask(says(answer))).kind).toBe('deny');
    },
  );

  test('denies with the message of an error or the text it answers', async () => {
    expect(await ask(says(new Error('not yours')))).toEqual(denied('not yours'));
    expect(await ask(says('not yours'))).toEqual(denied('not yours'));
  });

  test('sees arguments, context and info', async () => {
    const seen: unknown[] = [];
    const looks = rule()((_, args, ctx, info) => {
      seen.push(
        args.first,
        ctx.caller.kind,
        ctx.headers.get('X-Team'),
        ctx.headers.get('toString'),
        info.fieldName,
      );
      return Object.isFrozen(ctx) && ctx === context;
    });
    expect(await ask(looks, { args: { first: 3 } })).toEqual(ALLOW);
    expect(seen).toEqual([3, 'anonymous', 'blue', null, 'me']);
  });

  test('of inputs checks the arguments, also those without a prototype', async () => {
    const few = inputRule()(yup => yup.object({ first: yup.number().max(10, 'too many') }));
    const args = (first: number) => Object.assign(Object.create(null), { first });
    expect(await ask(few, { args: args(10) })).toEqual(ALLOW);
    expect(await ask(few, { args: args(11) })).toEqual(denied('too many'));
  });
});

describe('a rule that breaks', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each([
    ['throws', throws],
    ['rejects', rule('throws')(() => Promise.reject(new Error('secret')))],
  ])('as it %s denies without its words, and is reported', async (_, broken) => {
    const request = startRequest();
    expect(await request.ask(compiled(broken))).toEqual(DENY);
    expect(request.failures).toEqual([{ rule: 'throws', error: new Error('secret') }]);
  });

  test('may show its words in development', async () => {
    expect(await startRequest({ showFailures: true }).ask(compiled(throws))).toEqual(denied('secret'));
  });

  test('by throwing what is no error denies, too', async () => {
    const odd = rule()(() => {
      throw Object.create(null);
    });
    expect((await startRequest({ showFailures: true }).ask(compiled(odd))).kind).toBe('deny');
  });

  test('denies under not() as well: it has said nothing that could be turned round', async () => {
    expect(await ask(not(throws))).toEqual(DENY);
    expect(await ask(not(not(throws)))).toEqual(DENY);
    expect(await ask(not(or(throws, deny)))).toEqual(DENY);
    expect(await ask(not(and(throws, allow)))).toEqual(DENY);
  });

  test('does not matter where another rule decides', async () => {
    expect(await ask(or(throws, allow))).toEqual(ALLOW);
    expect(await ask(race(throws, allow))).toEqual(ALLOW);
    expect(await ask(not(and(throws, deny)))).toEqual(ALLOW);
  });

  test('by never answering is not waited for, and not asked again in this request', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const check = vi.fn(() => new Promise<boolean>(() => {}));
    const hangs = compiled(rule('hangs')(check));
    const request = startRequest();
    const first = request.ask(hangs);
    await vi.advanceTimersByTimeAsync(RULE_TIMEOUT_MS);
    expect(await first).toEqual(DENY);
    expect(request.failures.map(({ rule: name }) => name)).toEqual(['hangs']);
    expect(await request.ask(hangs)).toEqual(DENY);
    expect(check).toHaveBeenCalledTimes(1);
  });

  test('leaves no timer behind when it answers', async () => {
    vi.useFakeTimers();
    await ask(rule()(async () => true));
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('logic', () => {
  const a = says(new Error('a'));
  const b = says(new Error('b'));

  test('and() needs all, and shows the first message', async () => {
    expect(await ask(and(allow, says(true)))).toEqual(ALLOW);
    expect(await ask(and(allow, deny))).toEqual(DENY);
    expect(await ask(and(deny, a, b))).toEqual(denied('a'));
  });

  test('or() needs one', async () => {
    expect(await ask(or(a, allow))).toEqual(ALLOW);
    expect(await ask(or(deny, a, b))).toEqual(denied('a'));
  });

  test('chain() stops at the first that denies', async () => {
    const later = vi.fn(() => true);
    expect(await ask(chain(allow, a, rule()(later)))).toEqual(denied('a'));
    expect(later).not.toHaveBeenCalled();
    expect(await ask(chain(allow, rule()(later)))).toEqual(ALLOW);
  });

  test('race() stops at the first that allows, and shows the last message as shield does', async () => {
    const later = vi.fn(() => true);
    expect(await ask(race(a, allow, rule()(later)))).toEqual(ALLOW);
    expect(later).not.toHaveBeenCalled();
    expect(await ask(race(a, b))).toEqual(denied('b'));
  });

  test('not() turns an answer round, with a message of its own', async () => {
    expect(await ask(not(a))).toEqual(ALLOW);
    expect(await ask(not(says(undefined)))).toEqual(ALLOW);
    expect(await ask(not(allow))).toEqual(DENY);
    expect(await ask(not(allow, 'members only'))).toEqual(denied('members only'));
    expect(await ask(not(allow, new Error('members only')))).toEqual(denied('members only'));
  });
});

describe('before the fetch, a rule needs the parent', () => {
  const looks: readonly (readonly [string, (parent: object) => unknown])[] = [
    ['a field', parent => (parent as { id: string }).id === 'u-1'],
    ['in', parent => 'id' in parent],
    ['Object.keys', parent => Object.keys(parent).length === 0],
    ['Object.hasOwn', parent => Object.hasOwn(parent, 'id')],
    ['JSON.stringify', parent => JSON.stringify(parent) === '{}'],
    ['spread', parent => ({ ...parent }) !== null],
    ['instanceof', parent => !(parent instanceof Date)],
    ['Object.isFrozen', parent => Object.isFrozen(parent)],
    ['a write', parent => Reflect.set(parent, 'seen', true)],
    [
      'for in',
      parent => {
        for (const _ in parent) return false;
        return true;
      },
    ],
  ];

  test.each(looks)('if it looks by %s', async (_, look) => {
    expect(await ask(rule()(parent => look(parent) as boolean))).toEqual(NEEDS_PARENT);
  });

  test.each(looks)('if it looks by %s and swallows what is thrown', async (_, look) => {
    for (const answer of [true, false]) {
      const swallows = rule()(parent => {
        try {
          look(parent);
        } catch {}
        return answer;
      });
      expect(await ask(swallows)).toEqual(NEEDS_PARENT);
    }
  });

  test('if it answers the parent itself', async () => {
    expect(await ask(rule()(parent => parent))).toEqual(NEEDS_PARENT);
    expect(await ask(rule()(async parent => parent))).toEqual(NEEDS_PARENT);
  });

  test('if it looks after a pause', async () => {
    const late = rule()(async parent => {
      await null;
      return parent.isMine;
    });
    const request = startRequest();
    expect(await request.ask(compiled(late))).toEqual(NEEDS_PARENT);
    expect(await request.ask(compiled(late), { parent: { isMine: true } })).toEqual(ALLOW);
    expect(request.failures).toEqual([]);
  });

  test('if it has a fragment, without being asked', async () => {
    const check = vi.fn(parent => parent.id === 'u-1');
    const owner = compiled(rule({ fragment: 'fragment Owner on User { id }' })(check));
    const request = startRequest();
    expect(await request.ask(owner)).toEqual(NEEDS_PARENT);
    expect(check).not.toHaveBeenCalled();
    expect(await request.ask(owner, { parent: { id: 'u-1' } })).toEqual(ALLOW);
  });

  test('unless other rules decide without it', async () => {
    expect(await ask(and(readsParent, deny))).toEqual(DENY);
    expect(await ask(and(readsParent, throws))).toEqual(DENY);
    expect(await ask(and(readsParent, allow))).toEqual(NEEDS_PARENT);
    expect(await ask(or(readsParent, allow))).toEqual(ALLOW);
    expect(await ask(or(readsParent, deny, throws))).toEqual(NEEDS_PARENT);
    expect(await ask(not(readsParent))).toEqual(NEEDS_PARENT);
    expect(await ask(not(and(readsParent, deny)))).toEqual(ALLOW);
    expect(await ask(chain(deny, readsParent))).toEqual(DENY);
    expect(await ask(race(allow, readsParent))).toEqual(ALLOW);
  });

  test('and then those after it in a chain or a race are not asked yet', async () => {
    const later = vi.fn(() => false);
    expect(await ask(chain(readsParent, rule()(later)))).toEqual(NEEDS_PARENT);
    expect(await ask(race(readsParent, rule()(later)))).toEqual(NEEDS_PARENT);
    expect(later).not.toHaveBeenCalled();
  });
});

test('after the fetch a rule that reads what was not fetched denies, and is reported', async () => {
  const view = new Proxy(
    {},
    {
      get: (_, name) => {
        throw new Error(`${String(name)} was not fetched`);
      },
    },
  );
  const request = startRequest();
  expect(await request.ask(compiled(readsParent), { parent: view })).toEqual(DENY);
  expect(request.failures).toHaveLength(1);
});

test('fields of the root have an empty parent, and are decided before the fetch', async () => {
  expect(await ask(readsParent, { parent: ROOT_PARENT })).toEqual(DENY);
  expect(await ask(not(readsParent), { parent: ROOT_PARENT })).toEqual(ALLOW);
});
