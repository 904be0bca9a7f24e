import { expect, test } from 'vitest';
import { ANONYMOUS } from '../../../../src/identity/caller.ts';
import { createRuleContext } from '../../../../src/policy/authorize/rules/rule-context.ts';

test('headers are those that were sent, by their names in any case, and nothing that objects inherit', () => {
  const { headers } = createRuleContext({
    caller: ANONYMOUS,
    headers: { 'x-one': '1', 'set-cookie': ['a=1', 'b=2'] },
    request: { id: 'r-1', operationName: null, operationKind: 'query' },
  });
  expect([headers.get('X-One'), headers.has('X-One')]).toEqual(['1', true]);
  expect(headers.get('set-cookie')).toBe('a=1, b=2');
  for (const name of ['x-two', 'constructor', '__proto__', 'toString'])
    expect([headers.get(name), headers.has(name)]).toEqual([null, false]);
});

test('nothing of it can be changed', () => {
  const request = { id: 'r-1', operationName: 'Mail', operationKind: 'query' } as const;
  const context = createRuleContext({ caller: ANONYMOUS, headers: {}, request });
  expect(context).toMatchObject({ caller: ANONYMOUS, request });
  for (const part of [context, context.headers, context.request]) expect(Object.isFrozen(part)).toBe(true);
});
