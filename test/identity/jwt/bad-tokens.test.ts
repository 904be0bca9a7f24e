import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningIssuer, startIssuer } from '../../support/jwks-server.ts';
import {
  handClock,
  invalid,
  refusalOf,
  type TestIdentity,
  testIdentity,
} from '../../support/test-identity.ts';
import { compact, createSigningKey, type Members, signWithSecret } from '../../support/tokens.ts';

const clock = handClock();
const NOW = clock.now() / 1000;
let issuer: RunningIssuer;
let identity: TestIdentity;

beforeAll(async () => {
  issuer = await startIssuer({ alg: 'RS256', now: clock.now });
  const provider = { ...issuer.provider, algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'] };
  identity = await testIdentity({ jwt: { providers: [provider] } }, { clock });
});
afterAll(async () => {
  await identity[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
});

/** A good token's claims, to be signed by somebody else. */
const claims = (): Members => ({ iss: issuer.issuer, aud: 'weir', sub: 'admin', exp: NOW + 300 });

async function isRefused(token: string, about: string): Promise<void> {
  const presented = { headers: { authorization: `Bearer ${token}` }, rawHeaders: [] };
  expect(await refusalOf(identity.bearer(token))).toEqual(invalid(about));
  // Nothing of a refused token is remembered.
  expect(identity.identity.known(presented)).toBeNull();
}

test('the token that the others differ from is good', async () => {
  const token = compact({ alg: 'RS256', kid: issuer.key.kid }, claims(), issuer.key.sign);
  expect((await identity.bearer(token)).caller.subject).toBe('admin');
});

describe('algorithm confusion', () => {
  test.each(['none', 'None', 'NONE', 'nOnE', ''])('an unsigned token with alg %j is refused', async alg => {
    await isRefused(
      compact({ alg, kid: issuer.key.kid }, claims(), () => Buffer.alloc(0)),
      'algorithm',
    );
    await isRefused(compact({ alg, kid: issuer.key.kid }, claims(), issuer.key.sign), 'algorithm');
  });

  test.each([
    ['its SPKI as PEM', () => issuer.key.publicKey.export({ type: 'spki', format: 'pem' })],
    [
      'its SPKI as PEM, trimmed',
      () => String(issuer.key.publicKey.export({ type: 'spki', format: 'pem' })).trim(),
    ],
    ['its PKCS#1 as PEM', () => issuer.key.publicKey.export({ type: 'pkcs1', format: 'pem' })],
    ['its SPKI as DER', () => issuer.key.publicKey.export({ type: 'spki', format: 'der' })],
    ['its PKCS#1 as DER', () => issuer.key.publicKey.export({ type: 'pkcs1', format: 'der' })],
    ['its JWK', () => JSON.stringify(issuer.key.jwk)],
    ['its modulus', () => Buffer.from(String(issuer.key.jwk['n']), 'base64url')],
    ['nothing', () => ''],
  ])('HMAC with the public key as secret is refused: %s', async (_, secret) => {
    const signature = signWithSecret(secret() as string | Buffer);
    for (const alg of ['HS256', 'hs256', 'HS384', 'HS512', 'RS256']) {
      const token = compact({ alg, kid: issuer.key.kid }, claims(), signature);
      await isRefused(token, alg === 'RS256' ? 'signature' : 'algorithm');
    }
  });

  test('HMAC is refused even where the key set has a secret in it', async () => {
    await using leaky = await startIssuer({ alg: 'RS256', now: clock.now });
    const secret = 'a secret of at least thirty-two characters';
    const jwk = { kty: 'oct', k: Buffer.from(secret).toString('base64url'), kid: 'oct', alg: 'HS256' };
    leaky.publish([jwk, { ...jwk, alg: undefined }]);
    await using own = await testIdentity({ jwt: { providers: [leaky.provider] } }, { clock });
    const forge = (alg: string) =>
      leaky.token({}, { header: { alg, kid: 'oct' }, sign: signWithSecret(secret) });
    expect(await refusalOf(own.bearer(forge('HS256')))).toEqual(invalid('algorithm'));
    expect(await refusalOf(own.bearer(forge('RS256')))).toEqual(invalid('does not publish'));
  });

  test('a key of another type than the algorithm is not used', async () => {
    const other = createSigningKey('ES256', issuer.key.kid);
    const token = compact({ alg: 'ES256', kid: issuer.key.kid }, claims(), other.sign);
    await isRefused(token, 'does not publish');
  });

  test('a key that is published for another algorithm or use is not used', async () => {
    await using odd = await startIssuer({ alg: 'RS256', now: clock.now });
    for (const change of [{ alg: 'PS256' }, { use: 'enc' }, { key_ops: ['encrypt'] }, { kty: 'EC' }]) {
      odd.publish([{ ...odd.key.jwk, ...change }]);
      await using own = await testIdentity({ jwt: { providers: [odd.provider] } }, { clock });
      expect(await refusalOf(own.bearer(odd.token()))).toEqual(invalid('does not publish'));
    }
  });

  test('an algorithm must be in the list of its issuer', async () => {
    await using own = await testIdentity(
      { jwt: { providers: [{ ...issuer.provider, algorithms: ['PS256'] }] } },
      { clock },
    );
    expect(await refusalOf(own.bearer(issuer.token()))).toEqual(invalid('algorithm'));
  });

  test.each([['RS256', 'none'], ['RS256'], 7, null, { name: 'RS256' }])('alg %j is refused', async alg => {
    await isRefused(issuer.token({}, { header: { alg } }), 'algorithm');
  });
});

describe('a token that brings its own key', () => {
  const mine = createSigningKey('RS256');

  test.each(['jku', 'x5u'])('is refused and its %s never fetched', async name => {
    let asked = 0;
    const server = createServer((_, response) => {
      asked++;
      response.end(JSON.stringify({ keys: [mine.jwk] }));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
    await isRefused(compact({ alg: 'RS256', kid: mine.kid, [name]: url }, claims(), mine.sign), name);
    // The issuer's own URL there makes it no better.
    await isRefused(issuer.token({}, { header: { [name]: issuer.jwksUri } }), name);
    server.close();
    expect(asked).toBe(0);
  });

  test('is refused with an embedded key or certificate', async () => {
    const jwk = mine.jwk;
    await isRefused(compact({ alg: 'RS256', kid: mine.kid, jwk }, claims(), mine.sign), 'jwk');
    await isRefused(compact({ alg: 'RS256', jwk: issuer.key.jwk }, claims(), issuer.key.sign), 'jwk');
    await isRefused(compact({ alg: 'RS256', kid: issuer.key.kid, x5c: [] }, claims(), mine.sign), 'x5c');
  });

  test('is refused under the kid of a published key', async () => {
    await isRefused(compact({ alg: 'RS256', kid: issuer.key.kid }, claims(), mine.sign), 'signature');
  });
});

describe('kid', () => {
  const mine = createSigningKey('RS256');

  test.each([
    '../../../../dev/null',
    '/etc/passwd',
    "' UNION SELECT 'secret' --",
    'file:///dev/null',
    'http://127.0.0.1/jwks.json',
    '__proto__',
    'constructor',
    'a\u0000b',
    '',
  ])('%j is a name like any other, and unknown', async kid => {
    await isRefused(compact({ alg: 'RS256', kid }, claims(), mine.sign), 'does not publish');
    const unsigned = compact({ alg: 'HS256', kid }, claims(), signWithSecret(''));
    await isRefused(unsigned, 'algorithm');
  });

  test.each([['k'.repeat(201)], [7], [null], [['a']], [{ kid: 'a' }]])('%j is refused', async kid => {
    await isRefused(issuer.token({}, { header: { kid } }), 'kid must be');
  });
});

describe('the header', () => {
  test.each([{ crit: ['exp'] }, { crit: [] }, { crit: ['b64'], b64: false }, { b64: true }, { b64: false }])(
    'may not change how a token is read: %j',
    async header => {
      await isRefused(issuer.token({}, { header }), 'is not accepted here');
    },
  );

  test.each(['id_token', 'JOSE', 'secevent+jwt', '', 7, ['JWT'], null])(
    'is refused with typ %j',
    async typ => {
      await isRefused(issuer.token({}, { header: { typ } }), 'typ');
    },
  );
});

describe('claims', () => {
  test.each<[Members, string]>([
    [{ aud: 'other' }, 'another service'],
    [{ aud: ['other', 'another'] }, 'another service'],
    [{ aud: undefined }, 'another service'],
    [{ aud: 'weir ' }, 'another service'],
    [{ aud: [] }, 'another service'],
    [{ aud: { weir: true } }, 'another service'],
    [{ aud: ['weir', 7] }, 'aud'],
    [{ aud: [['weir']] }, 'another service'],
    [{ iss: 'https://evil.example' }, 'issuer that is not accepted'],
    [{ iss: undefined }, 'one issuer'],
    [{ iss: null }, 'one issuer'],
    [{ iss: 7 }, 'one issuer'],
    [{ iss: '__proto__' }, 'issuer that is not accepted'],
    [{ sub: ['u-1'] }, 'sub'],
    [{ sub: { id: 'u-1' } }, 'sub'],
    [{ sub: 7 }, 'sub'],
    [{ sub: null }, 'sub'],
    [{ exp: NOW - 30 }, 'expired'],
    [{ exp: -1 }, 'expired'],
    [{ exp: undefined }, 'until when'],
    [{ exp: null }, 'until when'],
    [{ exp: String(NOW + 300) }, 'until when'],
    [{ nbf: NOW + 31 }, 'not valid yet'],
    [{ nbf: 'soon' }, 'not valid yet'],
    [{ iat: NOW + 31 }, 'in the future'],
    [{ iat: 'now' }, 'Web Token'],
    [{ scope: { all: true } }, 'scope'],
  ])('%j is refused', async (change, about) => {
    await isRefused(issuer.token(change), about);
  });

  test('iss must be that of the issuer to the letter', async () => {
    for (const iss of [`${issuer.issuer}/`, issuer.issuer.toUpperCase(), ` ${issuer.issuer}`]) {
      await isRefused(issuer.token({ iss }), 'issuer that is not accepted');
    }
  });

  test('iss as a list is refused, the right one among it or not', async () => {
    await isRefused(issuer.token({ iss: [issuer.issuer] }), 'one issuer');
    await isRefused(issuer.token({ iss: ['https://evil.example', issuer.issuer] }), 'one issuer');
  });

  test.each(['exp', 'iat', 'nbf'])('a time that never comes is refused: %s', async name => {
    const text = JSON.stringify({ ...claims(), [name]: 0 }).replace(`"${name}":0`, `"${name}":1e999`);
    const token = compact({ alg: 'RS256', kid: issuer.key.kid }, text, issuer.key.sign);
    await isRefused(token, name === 'nbf' ? 'not valid yet' : 'must be numbers');
  });

  test('a claim that is there twice is refused, whichever reading would be good', async () => {
    const header = { alg: 'RS256', kid: issuer.key.kid };
    const text = JSON.stringify(claims());
    for (const twice of ['"sub":"u-2"', '"\\u0073ub":"u-2"', '"x":{"a":1,"a":2}']) {
      await isRefused(compact(header, `{${twice},${text.slice(1)}`, issuer.key.sign), 'twice');
    }
    const headerTwice = `{"alg":"none",${JSON.stringify(header).slice(1)}`;
    await isRefused(compact(headerTwice, claims(), issuer.key.sign), 'twice');
  });
});

describe('malformed', () => {
  const good = (): [string, string, string] => issuer.token().split('.') as [string, string, string];

  test('too few or too many parts, and parts that are no base64url', async () => {
    const [header, payload, signature] = good();
    await isRefused(header, 'not a JSON Web Token');
    await isRefused(`${header}.${payload}`, 'not a JSON Web Token');
    await isRefused(`${header}.${payload}.${signature}.${signature}`, 'not a JSON Web Token');
    await isRefused(`${header}.${payload}.${signature}==`, 'not a JSON Web Token');
    await isRefused(`${header}.${payload}.${signature}+/`, 'not a JSON Web Token');
    await isRefused(`.${payload}.${signature}`, 'not a JSON Web Token');
    await isRefused(`${header}..${signature}`, 'not a JSON Web Token');
  });

  test('another signature, a cut one and none', async () => {
    const [header, payload, signature] = good();
    await isRefused(`${header}.${payload}.`, 'signature');
    await isRefused(`${header}.${payload}.${signature.slice(0, -4)}`, 'signature');
    await isRefused(`${header}.${payload}.${signature.slice(4)}${signature.slice(0, 4)}`, 'signature');
  });

  test('claims of one token under the signature of another', async () => {
    const [header, , signature] = good();
    const payload = Buffer.from(JSON.stringify(claims())).toString('base64url');
    await isRefused(`${header}.${payload}.${signature}`, 'signature');
  });

  test.each([
    '',
    'null',
    '[]',
    '"text"',
    '7',
    '{',
    '{}x',
    '\ufeff{}',
    '{"iss":"a"} # {',
    `${'['.repeat(3000)}`,
  ])('header or claims that are no JSON object: %j', async text => {
    const { kid, sign } = issuer.key;
    if (text !== '') {
      await isRefused(compact({ alg: 'RS256', kid }, text, sign), 'well-formed');
      await isRefused(compact(text, claims(), sign), 'well-formed');
    }
  });

  test('claims nested so deep that who walks them would end in a RangeError', async () => {
    const deep = `{"iss":${JSON.stringify(issuer.issuer)},"x":${'['.repeat(2000)}${']'.repeat(2000)}}`;
    await isRefused(compact({ alg: 'RS256', kid: issuer.key.kid }, deep, issuer.key.sign), 'well-formed');
  });

  test('text that is not UTF-8', async () => {
    const [header, , signature] = good();
    const payload = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]).toString('base64url');
    await isRefused(`${header}.${payload}.${signature}`, 'well-formed');
  });

  test('larger than 8 KiB', async () => {
    await isRefused(issuer.token({ pad: 'x'.repeat(8000) }), 'larger than 8192 bytes');
  });

  test('one header with two tokens, two headers, and a header and an API key in one', async () => {
    const token = issuer.token();
    await isRefused(`${token}, ${token}`, 'malformed');
    await isRefused(`${token} ${token}`, 'malformed');
    const twice = identity.ask({ authorization: `Bearer ${token}` }, [
      'Authorization',
      `Bearer ${token}`,
      'authorization',
      `Bearer ${token}`,
    ]);
    expect(await refusalOf(twice)).toEqual(invalid('not several'));
  });
});
