import { describe, expect, test } from 'vitest';
import { refusalOf } from '../../support/test-identity.ts';
import { chooser, somebody } from './personas.ts';

const choose = chooser({
  partner: { match: { claims: { partner: 'yes' } } },
  web: { match: { clients: [{ name: 'web' }] } },
  admin: { match: { clients: [{ name: 'admin' }] }, requires: { roles: ['admin', 'root'] } },
  signed: { match: { clients: [{ name: 'signed' }] }, requires: { authenticated: true } },
  scoped: { match: { clients: [{ name: 'scoped' }] }, requires: { scopes: ['a', 'b'] } },
  public: { match: { default: true } },
});

const client = (name: string) => ({ 'graphql-client-name': name });

describe('who counts', () => {
  test('the persona of the credential comes before all else', () => {
    const caller = somebody({ persona: 'public', claims: { partner: 'yes' } });
    expect(choose(caller, client('web'))).toBe('public');
  });

  test('claims come before what a client calls itself', () => {
    expect(choose(somebody({ claims: { partner: 'yes' } }), client('web'))).toBe('partner');
  });

  test('what a client calls itself comes before the default', () => {
    expect(choose(somebody(), client('web'))).toBe('web');
    expect(choose(undefined, client('web'))).toBe('web');
    expect(choose(undefined, client('other'))).toBe('public');
    expect(choose()).toBe('public');
  });

  test('of two that match, the one written first', () => {
    const both = { match: { clients: [{ name: 'x' }] } };
    expect(chooser({ b: both, a: both })(undefined, client('x'))).toBe('b');
  });

  test('a lone persona without a name serves everybody, whatever their credential names', () => {
    expect(chooser({})(somebody({ persona: 'web' }))).toBeNull();
  });
});

describe('requirements hold', () => {
  const FORBIDDEN = { code: 'FORBIDDEN', status: 403, challenge: undefined };
  const MISSING = { code: 'UNAUTHENTICATED', status: 401, challenge: 'Bearer realm="weir"' };

  test('one of the roles is enough, and all scopes are needed', () => {
    expect(choose(somebody({ roles: new Set(['root']) }), client('admin'))).toBe('admin');
    expect(choose(somebody({ scopes: new Set(['a', 'b', 'c']) }), client('scoped'))).toBe('scoped');
    expect(choose(somebody(), client('signed'))).toBe('signed');
  });

  test.each([
    ['admin', somebody()],
    ['admin', somebody({ scopes: new Set(['admin']), permissions: new Set(['admin']) })],
    ['scoped', somebody({ scopes: new Set(['a']) })],
    ['scoped', somebody({ roles: new Set(['a', 'b']) })],
  ])('of %s for a client that names it, without what it takes', async (name, caller) => {
    expect(await refusalOf(() => choose(caller, client(name)))).toMatchObject(FORBIDDEN);
  });

  test.each(['admin', 'scoped', 'signed'])('of %s for nobody, who may sign in', async name => {
    expect(await refusalOf(() => choose(undefined, client(name)))).toMatchObject(MISSING);
  });

  test('also when the credential names the persona', async () => {
    expect(await refusalOf(() => choose(somebody({ persona: 'admin' })))).toMatchObject(FORBIDDEN);
  });

  test('also of the default', async () => {
    const only = chooser({ web: { match: { default: true }, requires: { authenticated: true } } });
    expect(await refusalOf(() => only())).toMatchObject(MISSING);
    expect(only(somebody())).toBe('web');
  });
});

describe('nobody’s persona', () => {
  test.each(['nothing', '', 'constructor', '__proto__', 'PUBLIC'])(
    'a credential for %j is refused',
    async persona => {
      expect(await refusalOf(() => choose(somebody({ persona })))).toMatchObject({
        code: 'FORBIDDEN',
        status: 403,
      });
    },
  );

  test('who matches nothing is refused where there is no default', async () => {
    const none = chooser({ web: { match: { clients: [{ name: 'web' }] } } });
    for (const caller of [undefined, somebody()]) {
      expect(await refusalOf(() => none(caller))).toMatchObject({ code: 'FORBIDDEN', status: 403 });
    }
  });
});
