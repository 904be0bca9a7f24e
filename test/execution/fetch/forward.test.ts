import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { RequestRule } from '../../../src/config/header-rules.ts';
import { compileForwarding, type Forwarded, type ForwardRule } from '../../../src/execution/fetch/forward.ts';
import type { CallerFacts } from '../../../src/execution/headers/caller-facts.ts';

const NOBODY: CallerFacts = { subject: null, roles: new Set(), tenant: null, persona: null, claims: {} };
const ADA: CallerFacts = {
  subject: 'ada',
  roles: new Set(['user', 'admin']),
  tenant: 'north',
  persona: 'web',
  claims: {},
};

interface Rule {
  readonly identity?: boolean;
  /** Names that are passed on. */
  readonly forward?: readonly string[];
  readonly rules?: readonly RequestRule[];
}

const ruleOf = ({ identity = true, forward = [], rules = [] }: Rule): ForwardRule => ({
  identity,
  headers: { request: [...forward.map(name => ({ propagate: { name } })), ...rules] },
});

function forwarding(rules: Readonly<Record<string, Rule>>) {
  const forward = compileForwarding(
    new Map(Object.entries(rules).map(([name, rule]) => [name, ruleOf(rule)])),
  );
  return (facts: Partial<CallerFacts> = {}, headers: IncomingHttpHeaders = {}): Forwarded =>
    forward({ facts: { ...NOBODY, ...facts }, headers });
}

/** What a subgraph with the default rule is told. */
const told = (facts: Partial<CallerFacts>, headers?: IncomingHttpHeaders): readonly string[] =>
  forwarding({ a: {} })(facts, headers).headersFor('a');

describe('the facts of a caller', () => {
  test('are told by default', () => {
    expect(told(ADA)).toEqual([
      ...['x-user-id', 'ada'],
      ...['x-user-roles', 'admin,user'],
      ...['x-tenant-id', 'north'],
      ...['x-persona', 'web'],
    ]);
  });

  test('that there are not, or are empty, have no header', () => {
    expect(told({ persona: 'public' })).toEqual(['x-persona', 'public']);
    expect(told({ subject: '', roles: new Set(['']), tenant: '', persona: '' })).toEqual([]);
    expect(told({ subject: 's', roles: new Set(['', 'r']) })).toEqual([
      'x-user-id',
      's',
      'x-user-roles',
      'r',
    ]);
  });

  test('are kept from a subgraph that is not to know them', () => {
    const forwarded = forwarding({ a: {}, b: { identity: false } })(ADA);
    expect(forwarded.headersFor('a')).toContain('ada');
    expect(forwarded.headersFor('b')).toEqual([]);
    expect(forwarded.headersFor('unknown')).toEqual([]);
  });

  test.each([
    ['auth0|123~!', 'auth0|123~!'],
    ['a,b', 'a%2Cb'],
    ['100%', '100%25'],
    ['a%2Cb', 'a%252Cb'],
    ['a\r\nx-persona: admin', 'a%0D%0Ax-persona:%20admin'],
    ['a\0b\x7f', 'a%00b%7F'],
    ['Zoë', 'Zo%C3%AB'],
    ['李', '%E6%9D%8E'],
    ['😀', '%F0%9F%98%80'],
    ['"quoted"\\', '%22quoted%22%5C'],
    [' ', '%20'],
    ['\ud800', '%ED%A0%80'],
    ['\udfff', '%ED%BF%BF'],
    ['\ufffd', '%EF%BF%BD'],
  ])('that no header can carry are percent-encoded: %j', (text, encoded) => {
    expect(told({ subject: text })).toEqual(['x-user-id', encoded]);
    expect(told({ tenant: text })).toEqual(['x-tenant-id', encoded]);
    expect(told({ persona: text })).toEqual(['x-persona', encoded]);
    expect(told({ roles: new Set([text, '~']) })).toEqual(['x-user-roles', `${encoded},~`]);
  });

  test('look alike for no two texts', () => {
    const random = (() => {
      let state = 7;
      return (below: number) => {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        return state % below;
      };
    })();
    const alphabet = ['%', '2', 'C', ',', 'a', '\r', '\n', 'é', '\ud800', '\udc00', '\ufffd', ' ', '"'];
    const texts = new Map<string, string>();
    for (let count = 0; count < 20_000; count++) {
      const text = Array.from({ length: 1 + random(5) }, () => alphabet[random(alphabet.length)]).join('');
      const encoded = told({ subject: text })[1] ?? '';
      expect(encoded).toMatch(/^[\x21-\x7e]+$/);
      expect(texts.get(encoded) ?? text).toBe(text);
      texts.set(encoded, text);
    }
  });
});

describe('what a client sends', () => {
  const OURS = [
    'x-user-id',
    'x-user-roles',
    'x-tenant-id',
    'x-persona',
    'x-request-id',
    'traceparent',
    'x-deadline-ms',
    'signature',
    'signature-input',
    'content-digest',
  ];
  const variants = OURS.flatMap(name => [name, name.toUpperCase(), name.replaceAll('-', '_')]);

  test.each(variants)('under the name %s is dropped', name => {
    for (const value of ['forged', ['forged', 'twice']]) {
      expect(told({}, { [name]: value })).toEqual([]);
      expect(told(ADA, { [name]: value })).toEqual(told(ADA));
      const forwarded = forwarding({ a: { forward: ['authorization'] } })({}, { [name]: value });
      expect(forwarded).toMatchObject({ key: '' });
      expect(forwarded.headersFor('a')).toEqual([]);
    }
  });

  test('is passed on where a rule says so, and only to that subgraph', () => {
    const ask = forwarding({ a: { forward: ['Authorization', 'x-many'] }, b: {} });
    const forwarded = ask({}, { authorization: 'Bearer t', 'x-many': ['1', '2'], cookie: 'c' });
    expect(forwarded.headersFor('a')).toEqual(['authorization', 'Bearer t', 'x-many', '1', 'x-many', '2']);
    expect(forwarded.headersFor('b')).toEqual([]);
  });

  test.each(['constructor', '__proto__', 'toString'])('is never what every object has: %s', name => {
    expect(forwarding({ a: { forward: [name] } })(ADA).headersFor('a')).toEqual(told(ADA));
  });
});

const KEY: RequestRule = { insert: { name: 'X-Key', value: 'k' } };

test('a rule may insert headers, whoever asks', () => {
  const ask = forwarding({ a: { rules: [KEY] }, b: {} });
  expect(ask().headersFor('a')).toEqual(['x-key', 'k']);
  expect(ask(ADA).headersFor('a')).toEqual([...told(ADA), 'x-key', 'k']);
  expect(ask().headersFor('b')).toEqual([]);
});

describe('what a caller is told to subgraphs as', () => {
  const rules = (forward: readonly string[]) => compileForwarding(new Map([['a', ruleOf({ forward })]]));

  test('is made once for all its requests', () => {
    const forward = rules([]);
    const first = forward({ facts: ADA, headers: { 'x-locale': 'de' } });
    expect(forward({ facts: ADA, headers: { 'x-locale': 'fr' } })).toBe(first);
    expect(forward({ facts: { ...ADA, subject: 'bob' }, headers: {} }).key).not.toBe(first.key);
  });

  test('is made for each of them where a rule passes headers on', () => {
    const forward = rules(['x-locale']);
    const told = ['de', 'fr'].map(locale =>
      forward({ facts: ADA, headers: { 'x-locale': locale } }).headersFor('a'),
    );
    expect(told.map(headers => headers.at(-1))).toEqual(['de', 'fr']);
  });
});

test('a caller of whom there is nothing to tell costs no new object', () => {
  const ask = forwarding({ a: { rules: [KEY], forward: ['authorization'] }, b: {} });
  expect(ask({}, { cookie: 'c' })).toBe(ask());
  expect(ask()).toMatchObject({ key: '' });
  expect(ask().keyFor('a')).toBe('');
  expect(Object.isFrozen(ask())).toBe(true);
});

describe('keys', () => {
  const org: RequestRule[] = [{ insert: { name: 'x-org', claim: 'org.id' } }];
  const rules = {
    a: { forward: ['authorization'], rules: org },
    b: { identity: false },
    c: {},
    d: { identity: false, rules: [{ propagate: { pattern: '^x-team-' } }, ...org] },
  };
  const ask = forwarding(rules);

  test('are apart exactly where headers are', () => {
    const people = [
      ask(),
      ask(ADA),
      ask({ ...ADA, roles: new Set(['admin']) }),
      ask({ subject: 'ada' }),
      ask({ tenant: 'ada' }),
      ask({ persona: 'ada' }),
      ask({ roles: new Set(['ada']) }),
      ask({ subject: 'ada,x' }),
      ask({ subject: 'ada%2Cx' }),
      ask({ roles: new Set(['a', 'b']) }),
      ask({ roles: new Set(['a,b']) }),
      ask({}, { authorization: 'a' }),
      ask({}, { authorization: 'a"]["' }),
      ask(ADA, { authorization: 'a' }),
      ask({ claims: { org: { id: 'o-1' } } }),
      ask({ claims: { org: { id: 'o-2' } } }),
      ask({ claims: { org: { id: ['o-1', 'o-2'] } } }),
      ask({ claims: { org: { id: 'o-1,o-2' } } }),
      ask({}, { 'x-team-a': 'b' }),
      ask({}, { 'x-team-a': 'b","x-team-b' }),
      ask({}, { 'x-team-b': 'b' }),
      ask({ claims: { org: { id: 'o-1' } } }, { 'x-team-a': 'b' }),
    ];
    for (const one of people) {
      for (const other of people) {
        for (const name of ['a', 'b', 'c', 'd']) {
          const isEqual = JSON.stringify(one.headersFor(name)) === JSON.stringify(other.headersFor(name));
          expect(one.keyFor(name) === other.keyFor(name)).toBe(isEqual);
        }
        expect(one.key === other.key).toBe(one === other);
      }
    }
  });

  test('do not depend on the order of roles, nor on headers that no rule names', () => {
    const one = ask({ roles: new Set(['a', 'b']) }, { cookie: '1', 'user-agent': 'x' });
    const other = ask({ roles: new Set(['b', 'a']) }, { cookie: '2' });
    expect(one.key).toBe(other.key);
  });

  test('do not depend on the order in which a client sends its headers', () => {
    const one = ask({}, { 'x-team-a': '1', 'x-team-b': '2' });
    const other = ask({}, { 'x-team-b': '2', 'x-team-a': '1' });
    expect(one.headersFor('d')).toEqual(['x-team-a', '1', 'x-team-b', '2']);
    expect(one.key).toBe(other.key);
  });

  test('are apart from that of a default for every other value', () => {
    const region = forwarding({ a: { rules: [{ propagate: { name: 'x-region', default: 'eu' } }] } });
    const keyOf = (value: string) => region({}, { 'x-region': value }).key;
    expect(keyOf('eu')).toBe(region().key);
    expect(new Set([region().key, keyOf('us'), keyOf('')]).size).toBe(3);
    expect(region({}, { 'x-region': 'us' }).headersFor('a')).toEqual(['x-region', 'us']);
  });

  test('of subgraphs with equal rules are one', () => {
    const forwarded = forwarding({
      a: { forward: ['cookie', 'x-a'], rules: [KEY] },
      b: { forward: ['cookie', 'x-a'], rules: [KEY] },
    })(ADA, { cookie: 'c' });
    expect(forwarded.headersFor('a')).toBe(forwarded.headersFor('b'));
    expect(forwarded.key).toBe(forwarded.keyFor('a'));
  });
});
