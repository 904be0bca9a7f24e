import { describe, expect, test } from 'vitest';
import { type CredentialSources, checkToken, readCredentials } from '../../src/identity/presented.ts';
import { invalid, refusalOf } from '../support/test-identity.ts';

const ALL: CredentialSources = {
  bearer: true,
  apiKeys: true,
  cookie: 'session',
  maxToken: 64,
  ignoreSchemes: new Set(['basic']),
};

function read(headers: Record<string, string>, sources = ALL, rawHeaders: readonly string[] = []) {
  const credentials = readCredentials({ headers, rawHeaders }, sources);
  checkToken(credentials);
  return credentials;
}

describe('what is read', () => {
  test('nothing, when nothing is presented', () => {
    expect(read({ cookie: 'theme=dark', accept: '*/*' })).toEqual({ bearer: null, apiKey: null });
  });

  test.each(['Bearer abc.def', 'bearer abc.def', 'BEARER   abc.def', 'Bearer  abc.def'])(
    'a bearer token from "%s"',
    authorization => {
      expect(read({ authorization }).bearer).toEqual({ token: 'abc.def', fromCookie: false });
    },
  );

  test.each(['session=abc', 'a=b; session=abc; c=d', 'session="abc"', 'session=abc; session=abc'])(
    'a token from the cookie in "%s"',
    cookie => {
      expect(read({ cookie }).bearer).toEqual({ token: 'abc', fromCookie: true });
    },
  );

  test.each(['xsession=abc', 'session', 'session=', 'Session=abc', 'x=session=abc'])(
    'no token from the cookie "%s"',
    cookie => {
      expect(read({ cookie }).bearer).toBeNull();
    },
  );

  test('an API key, beside a bearer token too', () => {
    expect(read({ 'x-api-key': 'k1' })).toEqual({ bearer: null, apiKey: 'k1' });
    expect(read({ 'x-api-key': 'k1', authorization: 'Bearer t' })).toEqual({
      bearer: { token: 't', fromCookie: false },
      apiKey: 'k1',
    });
  });

  test('the same token from header and cookie counts as from the header', () => {
    expect(read({ authorization: 'Bearer t', cookie: 'session=t' }).bearer?.fromCookie).toBe(false);
  });

  test('a scheme that is somebody else’s business is passed over, whatever its case', () => {
    expect(read({ authorization: 'bAsIc dTpw' })).toEqual({ bearer: null, apiKey: null });
    expect(read({ authorization: 'Basic dTpw', cookie: 'session=t' }).bearer?.fromCookie).toBe(true);
  });

  test('headers that mean nothing here are not looked at', () => {
    const none = { ...ALL, bearer: false, apiKeys: false, cookie: null };
    const rawHeaders = ['Authorization', 'Digest x', 'authorization', 'Bearer y', 'X-Api-Key', ''];
    const headers = { authorization: 'Digest x', 'x-api-key': '', cookie: 'session=a; session=b' };
    expect(read(headers, none, rawHeaders)).toEqual({ bearer: null, apiKey: null });
  });
});

describe('what is refused', () => {
  test.each([
    ['two Authorization headers', ['Authorization', 'Bearer a', 'Host', 'h', 'AUTHORIZATION', 'Bearer a']],
    ['two API keys', ['x-api-key', 'k', 'X-Api-Key', 'k']],
  ])('%s, equal or not', async (_, rawHeaders) => {
    const headers = { authorization: 'Bearer a', 'x-api-key': 'k' };
    expect(await refusalOf(() => read(headers, ALL, rawHeaders))).toEqual(invalid('header, not several'));
  });

  test('a value that looks like the name of a header is not one', () => {
    const rawHeaders = ['authorization', 'Bearer a', 'x-note', 'authorization'];
    expect(read({ authorization: 'Bearer a' }, ALL, rawHeaders).bearer?.token).toBe('a');
  });

  test.each([
    ['Digest abc', 'scheme Bearer'],
    ['Token abc', 'scheme Bearer'],
    ['abc.def.ghi', 'scheme Bearer'],
    ['Bearerabc', 'scheme Bearer'],
    ['', 'cannot be read'],
    ['"Bearer" abc', 'cannot be read'],
    ['Bearer', 'empty or malformed'],
    ['Bearer ', 'empty or malformed'],
    ['Bearer a b', 'empty or malformed'],
    ['Bearer a,Bearer b', 'empty or malformed'],
    ['Bearer a=b', 'empty or malformed'],
    ['Bearer "abc"', 'empty or malformed'],
    ['Bearer é', 'empty or malformed'],
    ['Bearer a\nb', 'empty or malformed'],
    ['Bearer ===', 'empty or malformed'],
  ])('the Authorization header %j', async (authorization, about) => {
    expect(await refusalOf(() => read({ authorization }))).toEqual(invalid(about));
  });

  test('a token that is larger than allowed, and none that is just not', async () => {
    expect(read({ authorization: `Bearer ${'a'.repeat(64)}` }).bearer?.token).toHaveLength(64);
    const authorization = `Bearer ${'a'.repeat(65)}`;
    expect(await refusalOf(() => read({ authorization }))).toEqual(invalid('larger than 64 bytes'));
    expect(await refusalOf(() => read({ cookie: `session=${'a'.repeat(65)}` }))).toEqual(
      invalid('larger than 64 bytes'),
    );
  });

  test('a header and a cookie that disagree', async () => {
    const headers = { authorization: 'Bearer a', cookie: 'session=b' };
    expect(await refusalOf(() => read(headers))).toEqual(invalid('different tokens'));
  });

  test('cookies of one name that disagree', async () => {
    expect(await refusalOf(() => read({ cookie: 'session=a; session=b' }))).toEqual(invalid('that differ'));
  });

  test('a malformed token in a cookie', async () => {
    expect(await refusalOf(() => read({ cookie: 'session=a b' }))).toEqual(invalid('malformed'));
  });

  test.each(['', 'k'.repeat(513)])('an API key of no use', async key => {
    expect(await refusalOf(() => read({ 'x-api-key': key }))).toEqual(invalid('x-api-key'));
  });

  test('nothing of the credential is in the answer', async () => {
    const { message, challenge } = await refusalOf(() => read({ authorization: 'Digest s3cret' }));
    expect(`${message}${challenge}`).not.toContain('s3cret');
  });
});
