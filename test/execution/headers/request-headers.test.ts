import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { RequestRule } from '../../../src/config/header-rules.ts';
import type { CallerFacts } from '../../../src/execution/headers/caller-facts.ts';
import { compileRequestHeaders } from '../../../src/execution/headers/request-headers.ts';

const FACTS: CallerFacts = {
  subject: 'ada',
  roles: new Set(),
  tenant: null,
  persona: 'web',
  claims: { org: { id: 'o-1' }, 'https://x/plan': 'gold' },
};

function lines(
  rules: readonly RequestRule[],
  headers: IncomingHttpHeaders,
  facts: Partial<CallerFacts> = {},
): readonly string[] {
  return compileRequestHeaders(rules).linesFor({ facts: { ...FACTS, ...facts }, headers });
}

describe('propagate', () => {
  test.each<[string, RequestRule, IncomingHttpHeaders, readonly string[]]>([
    ['a header', { propagate: { name: 'X-A' } }, { 'x-a': '1', 'x-b': '2' }, ['x-a', '1']],
    ['nothing where there is none', { propagate: { name: 'x-a' } }, { 'x-b': '2' }, []],
    ['an empty one', { propagate: { name: 'x-a' } }, { 'x-a': '' }, ['x-a', '']],
    ['under another name', { propagate: { name: 'x-a', as: 'X-B' } }, { 'x-a': '1' }, ['x-b', '1']],
    ['a default', { propagate: { name: 'x-a', as: 'x-b', default: 'd' } }, {}, ['x-b', 'd']],
    ['rather than a default', { propagate: { name: 'x-a', default: 'd' } }, { 'x-a': '1' }, ['x-a', '1']],
    [
      'all of a pattern',
      { propagate: { pattern: '^x-team-' } },
      { 'x-team-a': '1', 'x-team-b': ['2', '3'], 'y-x-team-': '4' },
      ['x-team-a', '1', 'x-team-b', '2', 'x-team-b', '3'],
    ],
  ])('passes on %s', (_what, rule, headers, expected) => {
    expect(lines([rule], headers)).toEqual(expected);
  });
});

describe('insert', () => {
  test.each<[string, RequestRule['insert'], readonly string[]]>([
    ['a text', { name: 'X-A', value: 'v w' }, ['x-a', 'v w']],
    ['a claim within claims', { name: 'x-a', claim: 'org.id' }, ['x-a', 'o-1']],
    ['a claim with dots in its name', { name: 'x-a', claim: 'https://x/plan' }, ['x-a', 'gold']],
    ['a claim that is not there', { name: 'x-a', claim: 'org.name' }, []],
    ['what every object has', { name: 'x-a', claim: 'org.constructor' }, []],
    ['a claim that is an object', { name: 'x-a', claim: 'org' }, []],
    ['the persona', { name: 'x-a', from: 'persona' }, ['x-a', 'web']],
    ['the subject', { name: 'x-a', from: 'subject' }, ['x-a', 'ada']],
    ['a fact that there is not', { name: 'x-a', from: 'tenant' }, []],
  ])('sends %s', (_what, insert, expected) => {
    expect(lines([{ insert }], {})).toEqual(expected);
  });

  test.each([
    ['o-1\r\nx-user-id: admin', 'o-1%0D%0Ax-user-id:%20admin'],
    ['a\0b\nc', 'a%00b%0Ac'],
    ['Zoë', 'Zo%C3%AB'],
    [7, '7'],
    [true, 'true'],
    [['a', 'b,c', 1], 'a,b%2Cc,1'],
  ])('writes the claim %j so that no header can be smuggled in', (value, expected) => {
    expect(lines([{ insert: { name: 'x-a', claim: 'c' } }], {}, { claims: { c: value } })).toEqual([
      'x-a',
      expected,
    ]);
  });

  test.each([[null], [''], [[]], [['a', null]], [['a', ['b']]], [Number.NaN]])(
    'sends nothing for the claim %j',
    value => {
      expect(lines([{ insert: { name: 'x-a', claim: 'c' } }], {}, { claims: { c: value } })).toEqual([]);
    },
  );

  const BY_CLAIM: RequestRule = { insert: { name: 'x-org', claim: 'org.id' } };
  const PATTERN: RequestRule = { propagate: { pattern: '^x.' } };

  test.each([
    ['before', [BY_CLAIM, PATTERN]],
    ['after', [PATTERN, BY_CLAIM]],
  ])('lets no client speak in its name through a pattern %s it', (_when, rules) => {
    for (const forged of [{ 'x-org': 'o-2' }, { x_org: 'o-2' }]) {
      expect(lines(rules, forged)).toEqual(['x-org', 'o-1']);
      expect(lines(rules, forged, { claims: {} })).toEqual([]);
    }
  });

  test('takes the place of what rules of all have propagated, even with nothing', () => {
    const rules: RequestRule[] = [{ propagate: { name: 'x_org' } }, BY_CLAIM];
    expect(lines(rules, { x_org: 'o-2' })).toEqual(['x-org', 'o-1']);
    expect(lines(rules, { x_org: 'o-2' }, { claims: {} })).toEqual([]);
  });
});

describe('remove', () => {
  const all: RequestRule = { propagate: { pattern: '^x.' } };
  const headers = { 'x-a': '1', x_b: '2', 'x-c': '3' };

  test.each<[RequestRule['remove'], readonly string[]]>([
    [{ name: 'X-A' }, ['x-c', '3', 'x_b', '2']],
    [{ name: 'x-b' }, ['x-a', '1', 'x-c', '3']],
    [{ pattern: '^x-[ab]$' }, ['x-c', '3']],
    [{ pattern: 'z' }, ['x-a', '1', 'x-c', '3', 'x_b', '2']],
  ])('%j takes out what came before it', (remove, expected) => {
    expect(lines([all, { remove }], headers)).toEqual(expected);
  });

  test('has nothing to say about what comes after it', () => {
    expect(lines([{ remove: { name: 'x-a' } }, { propagate: { name: 'x-a' } }], headers)).toEqual([
      'x-a',
      '1',
    ]);
  });
});

describe('whatever a pattern says, clients cannot pass on', () => {
  const EVERYTHING: RequestRule = { propagate: { pattern: '.' } };

  test.each([
    ...['x-user-id', 'x_user_id', 'x-user_id', 'x-user-roles', 'x-tenant-id', 'x-persona', 'x_persona'],
    ...['x-request-id', 'traceparent', 'x-deadline-ms', 'signature', 'signature-input', 'content-digest'],
    ...['connection', 'keep-alive', 'te', 'transfer-encoding', 'upgrade', 'proxy-authorization', 'host'],
    ...['content-length', 'content-type', 'accept-encoding', 'expect', 'trailer', 'via'],
    ...['authorization', 'cookie', 'x-api-key', 'x_api_key', 'forwarded', 'x-forwarded-for', 'x-real-ip'],
    ...['a b', 'x\r\ny', 'x'.repeat(129)],
  ])('%j', name => {
    expect(lines([EVERYTHING], { [name]: 'forged', 'x-ok': '1' })).toEqual(['x-ok', '1']);
  });

  test('a value with a line break', () => {
    expect(lines([EVERYTHING], { 'x-a': '1\r\nx-user-id: u-1', 'x-b': '1\0' })).toEqual([]);
    expect(lines([{ propagate: { name: 'x-a' } }], { 'x-a': '1\nb' })).toEqual([]);
  });

  test.each(['constructor', '__proto__', 'toString'])('%s, which every object has', name => {
    expect(lines([{ propagate: { name } }, EVERYTHING], {})).toEqual([]);
  });
});

describe('what a client says to be of its connection is not passed on', () => {
  const rules: RequestRule[] = [
    { propagate: { name: 'x-a', default: 'd' } },
    { propagate: { name: 'x-b', as: 'x-c' } },
    { propagate: { pattern: '^x-team-' } },
  ];
  const headers = { 'x-a': '1', 'x-b': '2', 'x-team-a': '3' };

  test.each(['X-A, x-b,x-team-a', 'keep-alive , x-a,x-b , X-Team-A', 'close,x-a,x-b,x-team-a,'])(
    '%s',
    connection => {
      expect(lines(rules, { ...headers, connection })).toEqual(['x-a', 'd']);
    },
  );

  test.each(['keep-alive', 'close', 'upgrade, keep-alive'])('all else is, with %s', connection => {
    expect(lines(rules, { ...headers, connection })).toEqual([...['x-a', '1', 'x-c', '2', 'x-team-a', '3']]);
  });
});
