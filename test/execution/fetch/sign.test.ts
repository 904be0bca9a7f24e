import { createHash, createPrivateKey, createSecretKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  type Component,
  signatureBase,
  signatureParameters,
} from '../../../src/execution/fetch/sign/signature-base.ts';
import { createSigner, type SignerOptions, signText } from '../../../src/execution/fetch/sign/signer.ts';

/** The request that all examples of RFC 9421, appendix B.2, sign parts of. */
const FIELDS: Readonly<Record<string, string>> = {
  date: 'Tue, 20 Apr 2021 02:07:55 GMT',
  '@method': 'POST',
  '@path': '/foo',
  '@authority': 'example.com',
  'content-type': 'application/json',
  'content-length': '18',
};

const pick = (...names: string[]): Component[] => names.map(name => [name, FIELDS[name] ?? '']);

describe('the examples of RFC 9421, appendix B.2', () => {
  const created = 1_618_884_473;

  test('a request signed with hmac-sha256 (B.2.5)', () => {
    const components = pick('date', '@authority', 'content-type');
    const parameters = signatureParameters(components, { created, keyId: 'test-shared-secret' });
    expect(parameters).toBe(
      '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
    );
    const base = signatureBase(components, parameters);
    expect(base).toBe(
      [
        '"date": Tue, 20 Apr 2021 02:07:55 GMT',
        '"@authority": example.com',
        '"content-type": application/json',
        '"@signature-params": ("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
      ].join('\n'),
    );
    const secret = 'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==';
    const key = createSecretKey(secret, 'base64');
    expect(signText(base, { algorithm: 'hmac-sha256', key })).toBe(
      'pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=',
    );
  });

  test('a request signed with ed25519 (B.2.6)', () => {
    const components = pick('date', '@method', '@path', '@authority', 'content-type', 'content-length');
    const parameters = signatureParameters(components, { created, keyId: 'test-key-ed25519' });
    const base = signatureBase(components, parameters);
    expect(base).toBe(
      [
        '"date": Tue, 20 Apr 2021 02:07:55 GMT',
        '"@method": POST',
        '"@path": /foo',
        '"@authority": example.com',
        '"content-type": application/json',
        '"content-length": 18',
        '"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
      ].join('\n'),
    );
    const key = createPrivateKey({
      format: 'jwk',
      key: {
        kty: 'OKP',
        crv: 'Ed25519',
        x: 'JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs',
        d: 'n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU',
      },
    });
    expect(signText(base, { algorithm: 'ed25519', key })).toBe(
      'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==',
    );
  });
});

const KEY = createSecretKey('a secret of thirty-two characters', 'utf8');

function signed(changes: Partial<SignerOptions> = {}, url = 'http://orders:4002/graphql', body = '{}') {
  const sign = createSigner({
    algorithm: 'hmac-sha256',
    keyId: 'weir',
    key: KEY,
    subgraph: 'orders',
    components: [],
    clock: { now: () => 1_700_000_000_999, elapsed: () => 0 },
    ...changes,
  });
  const forwarded = ['x-user-id', 'ada', 'x-many', '1', 'x-many', ' 2 '];
  const headers = ['content-type', 'application/json', 'x-request-id', 'r-1', ...forwarded];
  const added = sign({ url: new URL(url), headers, forwarded, body });
  return Object.fromEntries(
    Array.from({ length: added.length / 2 }, (_, index) => added.slice(index * 2, index * 2 + 2)),
  ) as Record<string, string>;
}

test('a signature covers method, path, body and all headers about the caller', () => {
  const headers = signed();
  expect(Object.keys(headers)).toEqual(['content-digest', 'signature-input', 'signature']);
  expect(headers['signature-input']).toMatch(
    /^weir=\("@method" "@path" "content-digest" "x-user-id" "x-many"\);created=1700000000;nonce="[0-9a-f]{32}";keyid="weir";alg="hmac-sha256";tag="orders"$/,
  );
  const parameters = headers['signature-input']?.slice('weir='.length) ?? '';
  const digest = `sha-256=:${createHash('sha256').update('{}').digest('base64')}:`;
  const base = `"@method": POST\n"@path": /graphql\n"content-digest": ${digest}\n"x-user-id": ada\n"x-many": 1, 2\n"@signature-params": ${parameters}`;
  const signature = signText(base, { algorithm: 'hmac-sha256', key: KEY });
  expect(headers).toMatchObject({ 'content-digest': digest, signature: `weir=:${signature}:` });
});

test('a digest is that of RFC 9530', () => {
  expect(signed({}, undefined, '{"hello": "world"}\n')['content-digest']).toBe(
    'sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:',
  );
});

test('a query in the URL is covered, and so is what the configuration names', () => {
  const components = ['@authority', 'x-request-id', 'traceparent'];
  const input = signed({ components }, 'http://Orders:80/graphql?a=1')['signature-input'];
  expect(input).toContain(
    '"@path" "@query" "content-digest" "x-user-id" "x-many" "@authority" "x-request-id")',
  );
});

test('no two signatures are one', () => {
  const seen = new Set(Array.from({ length: 50 }, () => signed()['signature']));
  expect(seen.size).toBe(50);
});
