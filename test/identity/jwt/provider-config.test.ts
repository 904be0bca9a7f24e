import { expect, test } from 'vitest';
import { identityConfig } from '../../../src/config/identity.ts';
import { parseConfig } from '../../../src/config/parse.ts';

const PROVIDER = { issuer: 'https://id.example', audiences: ['weir'] };
const JWKS_URI = 'https://id.example/jwks.json';
const SECRET = 'a secret of at least thirty-two characters';

const parse = (...providers: object[]) => parseConfig(identityConfig, { jwt: { providers } }, 'gateway.yaml');

test('without a list, algorithms are asymmetric', () => {
  const [provider] = parse({ ...PROVIDER, jwksUri: JWKS_URI }).jwt?.providers ?? [];
  expect(provider?.algorithms).toEqual(['RS256', 'PS256', 'ES256', 'EdDSA']);
});

test.each<[string, object[], string]>([
  ['no source of keys', [PROVIDER], 'exactly one of'],
  ['two sources of keys', [{ ...PROVIDER, jwksUri: JWKS_URI, jwksFile: 'k.json' }], 'exactly one of'],
  ['a secret with asymmetric algorithms', [{ ...PROVIDER, secret: SECRET }], 'a secret goes with'],
  [
    'HMAC with public keys',
    [{ ...PROVIDER, jwksUri: JWKS_URI, algorithms: ['HS256'] }],
    'a secret goes with',
  ],
  ['the algorithm none', [{ ...PROVIDER, jwksUri: JWKS_URI, algorithms: ['none'] }], 'algorithms'],
  ['no audience', [{ ...PROVIDER, audiences: [], jwksUri: JWKS_URI }], 'audiences'],
  ['a short secret', [{ ...PROVIDER, secret: 'short', algorithms: ['HS256'] }], 'secret'],
  [
    'two providers of one issuer',
    [
      { ...PROVIDER, jwksUri: JWKS_URI },
      { ...PROVIDER, jwksFile: 'k.json' },
    ],
    'the same issuer',
  ],
  ['a password in a URL', [{ ...PROVIDER, jwksUri: 'https://u:pass@id.example/' }], 'user or a password'],
])('a provider with %s is no config', (_, providers, reason) => {
  expect(() => parse(...providers)).toThrow(reason);
});
