import { expect, test } from 'vitest';
import { parseRateLimitKey } from '../../../src/config/rate-limit-key.ts';
import type { Caller } from '../../../src/http/caller.ts';
import { ANONYMOUS, createCaller } from '../../../src/identity/caller.ts';
import { type FieldArguments, type OwnerFacts, ownerOf } from '../../../src/policy/rate-limit/owner.ts';

const IP = '192.0.2.1';

interface Asked extends Partial<Omit<OwnerFacts, 'caller'>> {
  readonly caller?: Partial<Caller>;
  readonly arguments?: FieldArguments;
}

const callerWith = (facts: Partial<Caller>): Caller =>
  Object.keys(facts).length === 0 ? ANONYMOUS : createCaller({ ...ANONYMOUS, kind: 'jwt', ...facts });

function owner(by: readonly string[], asked: Asked = {}): string {
  const { caller = {}, arguments: given = null, ...facts } = asked;
  const whole = { issuer: null, persona: null, ip: IP, headers: {}, ...facts, caller: callerWith(caller) };
  return ownerOf(by.map(parseRateLimitKey), whole, given);
}

test('several tokens of one subject have one bucket', () => {
  const first = owner(['subject'], {
    caller: { subject: 'u-1', claims: { jti: 'a' }, scopes: new Set(['x']) },
  });
  const second = owner(['subject'], { caller: { subject: 'u-1', claims: { jti: 'b' } }, ip: '192.0.2.2' });
  expect(first).toBe(second);
});

test.each(['subject', 'api-key', 'client', 'tenant'])(
  'callers without %s are known by their address',
  kind => {
    expect(owner([kind])).toBe(owner(['ip']));
    expect(owner([kind])).not.toBe(owner([kind], { ip: '192.0.2.2' }));
  },
);

test('a subject that looks like an address is none, nor is one that looks like a list', () => {
  expect(owner(['subject'], { caller: { subject: IP } })).not.toBe(owner(['ip']));
  const tricky = owner(['subject'], { caller: { subject: 'a"],["tenant","b' } });
  expect(tricky).not.toBe(owner(['subject', 'tenant'], { caller: { subject: 'a', tenant: 'b' } }));
});

test.each(['subject', 'client', 'tenant'])('a %s is that of its issuer', kind => {
  const caller = { subject: 'same', client: 'same', tenant: 'same' };
  const owners = ['https://a.example', 'https://b.example', 'same', null].map(issuer =>
    owner([kind], { caller, issuer }),
  );
  expect(new Set(owners).size).toBe(4);
  expect(owner([kind], { issuer: 'https://a.example' })).toBe(owner(['ip']));
});

test('a subject of an API key is one to api-key, that of a token is not', () => {
  const key = owner(['api-key'], { caller: { kind: 'api-key', subject: 'svc' } });
  expect(key).not.toBe(owner(['api-key'], { caller: { kind: 'jwt', subject: 'svc' } }));
});

test('each persona has a bucket of its own, and so has none', () => {
  const owners = ['web', 'mobile', null].map(persona => owner(['persona'], { persona }));
  expect(new Set(owners).size).toBe(3);
  expect(owner(['persona'], { persona: 'web', ip: '192.0.2.2' })).toBe(owners[0]);
});

test('a name has one bucket however it is spelt, so that its password is not guessed once for each spelling', () => {
  const at = (email: string) => owner(['arg:input'], { arguments: { input: { email: [email] } } });
  const spellings = ['me@example.com', ' Me@Example.COM ', 'me@ｅxample.com'];
  expect(new Set(spellings.map(at)).size).toBe(1);
  expect(at('you@example.com')).not.toBe(at('me@example.com'));
});

test('the case of a header makes no difference to its name, but to its value', () => {
  const headers = { 'x-shop': 'Berlin' };
  expect(owner(['header:X-Shop'], { headers })).toBe(owner(['header:x-shop'], { headers }));
  expect(owner(['header:x-shop'], { headers })).not.toBe(
    owner(['header:x-shop'], { headers: { 'x-shop': 'berlin' } }),
  );
});

test('absent is a bucket of its own, and not that of an empty value', () => {
  const absent = owner(['header:x-shop']);
  expect(absent).toBe(owner(['header:x-shop'], { ip: '192.0.2.2' }));
  expect(absent).not.toBe(owner(['header:x-shop'], { headers: { 'x-shop': '' } }));
  expect(absent).not.toBe(owner(['header:x-other']));
  expect(owner(['arg:email'], { arguments: { email: null } })).toBe(owner(['arg:email'], { arguments: {} }));
  expect(owner(['arg:email'], { arguments: {} })).not.toBe(
    owner(['arg:email'], { arguments: { email: '' } }),
  );
});

test('values of headers and arguments are not in the text, and long ones make it no longer', () => {
  const secret = 'Bearer sesame';
  expect(owner(['header:authorization'], { headers: { authorization: secret } })).not.toContain('sesame');
  expect(owner(['arg:email'], { arguments: { email: 'me@example.com' } })).not.toContain('example');
  const long = owner(['subject', 'tenant'], {
    caller: { subject: 'x'.repeat(10_000), tenant: 'y'.repeat(10_000) },
  });
  expect(long.length).toBeLessThan(100);
  expect(long).not.toBe(
    owner(['subject', 'tenant'], { caller: { subject: 'x'.repeat(10_000), tenant: 'z' } }),
  );
});

test('arguments are compared as values: keys in any order, types that differ', () => {
  const at = (input: unknown) => owner(['arg:input'], { arguments: { input } });
  expect(at({ a: 1, b: [2] })).toBe(at({ b: [2], a: 1 }));
  expect(new Set([at(1), at('1'), at([1]), at({ a: 1 }), at(true)]).size).toBe(5);
  const deep = owner(['arg:input.user.email'], { arguments: { input: { user: { email: 'a' } } } });
  expect(deep).not.toBe(owner(['arg:input.user.email'], { arguments: { input: { user: { email: 'b' } } } }));
  expect(owner(['arg:__proto__.x'], { arguments: {} })).toBe(owner(['arg:__proto__.x']));
});

test('different facts never share a bucket', () => {
  const letters = ['', 'a', '"', ',', '[', ']', '\\', 'a","b', '\u0000', 'ip'];
  const seen = new Map<string, string>();
  for (const subject of letters) {
    for (const tenant of letters) {
      for (const by of [['subject', 'tenant'], ['tenant', 'subject'], ['subject'], ['tenant']]) {
        const text = owner(by, { caller: { subject, tenant } });
        const facts = JSON.stringify(by.map(kind => [kind, kind === 'subject' ? subject : tenant]));
        expect(seen.get(text) ?? facts).toBe(facts);
        seen.set(text, facts);
      }
    }
  }
  expect(seen.size).toBe(2 * letters.length ** 2 + 2 * letters.length);
});
