import { expect, test } from 'vitest';
import { repeatsMember } from '../../../src/identity/jwt/repeats-member.ts';

test.each([
  '{}',
  '{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}',
  '{"a":"a","b":"a","c":["a","a"]}',
  '{"a\\"":1,"a":2}',
  '{"a":"\\"a\\":1,\\"a\\":2"}',
  '[1,"x","x"]',
])('no object names a member twice in %s', json => {
  expect(() => JSON.parse(json)).not.toThrow();
  expect(repeatsMember(json)).toBe(false);
});

test.each([
  '{"sub":"a","sub":"b"}',
  '{"sub":"a","s\\u0075b":"b"}',
  '{"a":{"b":1,"c":[],"b":2}}',
  '[{"a":1,\n"b":[{}], "a" \t\r\n : 2}]',
  '{"__proto__":1,"__proto__":2}',
])('an object names a member twice in %s', json => {
  expect(() => JSON.parse(json)).not.toThrow();
  expect(repeatsMember(json)).toBe(true);
});
