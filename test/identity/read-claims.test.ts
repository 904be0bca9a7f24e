import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { identityConfig } from '../../src/config/identity.ts';
import { readClaims } from '../../src/identity/read-claims.ts';
import { invalid, refusalOf } from '../support/test-identity.ts';

type ClaimsInput = NonNullable<NonNullable<z.input<typeof identityConfig>['introspection']>['claims']>;

function mapping(claims: ClaimsInput = {}) {
  const { introspection } = identityConfig.parse({
    introspection: { endpoint: 'http://127.0.0.1/', clientId: 'c', clientSecret: 's', claims },
  });
  if (introspection === undefined) throw new Error('no mapping');
  return introspection.claims;
}

test('facts are read under their usual names', () => {
  const claims = {
    sub: 'u-1',
    scope: 'read:email  write:email ',
    roles: ['user', 'editor'],
    permissions: 'refund',
    tenant: 't-1',
    tier: 'premium',
    client_id: 'app',
    persona: 'web',
  };
  expect(readClaims(claims, mapping())).toEqual({
    subject: 'u-1',
    scopes: new Set(['read:email', 'write:email']),
    roles: new Set(['user', 'editor']),
    permissions: new Set(['refund']),
    tenant: 't-1',
    tier: 'premium',
    client: 'app',
    persona: 'web',
  });
});

test('claims that are not there, null or empty are no facts', () => {
  const nothing = readClaims({}, mapping());
  expect(nothing.subject).toBeNull();
  expect(nothing.scopes.size).toBe(0);
  const empty = { sub: '', tenant: null, scope: '', roles: [], scp: null };
  expect(readClaims(empty, mapping())).toEqual(nothing);
});

describe('where a claim is looked for', () => {
  test('the first name that is there counts', () => {
    expect([...readClaims({ scp: ['b'], scope: 'a' }, mapping()).scopes]).toEqual(['a']);
    expect([...readClaims({ scp: ['b'], scope: null }, mapping()).scopes]).toEqual(['b']);
    expect([...readClaims({ scp: ['b'], scope: '' }, mapping()).scopes]).toEqual([]);
  });

  test('a name with dots leads into a claim, unless a claim has just that name', () => {
    const config = mapping({ roles: 'realm_access.roles' });
    const nested = { realm_access: { roles: ['inner'] } };
    expect([...readClaims(nested, config).roles]).toEqual(['inner']);
    expect([...readClaims({ ...nested, 'realm_access.roles': ['exact'] }, config).roles]).toEqual(['exact']);
    expect(readClaims({ realm_access: 'roles' }, config).roles.size).toBe(0);
  });

  test('a URL is a name like any other', () => {
    const config = mapping({ roles: 'https://shop.example/roles' });
    expect([...readClaims({ 'https://shop.example/roles': ['admin'] }, config).roles]).toEqual(['admin']);
  });

  test.each([
    'toString',
    '__proto__',
    'constructor.name',
    '__proto__.constructor.name',
    'toString.name',
    'list.length',
  ])('what objects inherit is no claim: %s', name => {
    expect(readClaims({ list: ['x'] }, mapping({ subject: name })).subject).toBeNull();
  });
});

test('a number is a text where one text is wanted', () => {
  expect(readClaims({ tenant: 42 }, mapping()).tenant).toBe('42');
});

test.each([
  [{ sub: ['u-1'] }, 'sub'],
  [{ sub: { id: 'u-1' } }, 'sub'],
  [{ tenant: true }, 'tenant'],
  [{ tenant: 1.5 }, 'tenant'],
  [{ scope: 7 }, 'scope'],
  [{ roles: { admin: true } }, 'roles'],
  [{ roles: ['user', 7] }, 'roles'],
  [{ permissions: [['refund']] }, 'permissions'],
])('a value that cannot be such a fact refuses the credential: %j', async (claims, name) => {
  expect(await refusalOf(() => readClaims(claims, mapping()))).toEqual(invalid(`The claim ${name} must be`));
});
