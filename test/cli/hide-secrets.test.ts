import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { hideSecrets } from '../../src/cli/config.ts';
import { configKeys } from '../../src/config/describe-config.ts';
import { gatewayConfig } from '../../src/config/gateway-config.ts';
import { parseConfig } from '../../src/config/parse.ts';

const SECRET = 'hush-hush-hush-hush-hush-hush-hush-hush';

const CONFIG = `
identity:
  jwt:
    providers: [{ issuer: i, audiences: [a], algorithms: [HS256], secret: ${SECRET} }]
  introspection: { endpoint: "https://weir:${SECRET}@idp.example/introspect", clientId: weir, clientSecret: ${SECRET} }
execution:
  subgraphs:
    all:
      headers:
        request:
          - propagate: { name: x-key, default: ${SECRET} }
          - insert: { name: authorization, value: ${SECRET} }
        response: [{ insert: { name: x-secret, value: ${SECRET} } }]
      signature: { algorithm: hmac-sha256, secret: ${SECRET} }
    orders:
      url: http://${SECRET}@orders:4002/graphql
      headers: { request: [{ insert: { name: x-key, value: ${SECRET} } }, { insert: { name: x-org, claim: org.id } }] }
storage: { redis: { url: "redis://:${SECRET}@redis:6379/0" } }
telemetry: { otlp: { endpoint: "http://otlp:4318", headers: { authorization: ${SECRET} } } }
`;

const shown = (text: string): unknown => {
  const config = parseConfig(gatewayConfig, parseYaml(text), 'test');
  return hideSecrets(z.encode(gatewayConfig, config));
};

test('weir config show hides every secret, and says that there is one', () => {
  const config = shown(CONFIG);
  expect(JSON.stringify(config)).not.toContain('hush');
  expect(config).toMatchObject({
    identity: {
      jwt: { providers: [{ issuer: 'i', secret: '(hidden)' }] },
      introspection: {
        endpoint: 'https://(hidden)@idp.example/introspect',
        clientId: 'weir',
        clientSecret: '(hidden)',
      },
    },
    execution: {
      subgraphs: {
        all: {
          headers: {
            request: [
              { propagate: { name: 'x-key', default: '(hidden)' } },
              { insert: { name: 'authorization', value: '(hidden)' } },
            ],
            response: [{ insert: { name: 'x-secret', value: '(hidden)' } }],
          },
          signature: { algorithm: 'hmac-sha256', secret: '(hidden)', keyId: 'weir' },
        },
        orders: {
          url: 'http://(hidden)@orders:4002/graphql',
          headers: {
            request: [
              { insert: { name: 'x-key', value: '(hidden)' } },
              { insert: { name: 'x-org', claim: 'org.id' } },
            ],
          },
        },
      },
    },
    storage: { redis: { url: 'redis://(hidden)@redis:6379/0' } },
    telemetry: { otlp: { endpoint: 'http://otlp:4318', headers: { authorization: '(hidden)' } } },
  });
});

test('of sentinels and of the servers they tell of, too', () => {
  const nodes = `["redis://:${SECRET}@a:26379", "redis://weir:${SECRET}@b"]`;
  const config = shown(`storage: { redis: { sentinel: { nodes: ${nodes}, name: m, password: ${SECRET} } } }`);
  expect(JSON.stringify(config)).not.toContain('hush');
  const sentinel = { nodes: ['redis://(hidden)@a:26379', 'redis://(hidden)@b'], password: '(hidden)' };
  expect(config).toMatchObject({ storage: { redis: { sentinel } } });
});

test('what is no secret is shown as it is', () => {
  const jwt = { providers: [{ issuer: 'http://a/@b', audiences: ['a@b'], jwksUri: 'http://a/@b' }] };
  const config = z.encode(gatewayConfig, parseConfig(gatewayConfig, { identity: { jwt } }, 'test'));
  expect(hideSecrets(config)).toEqual(config);
});

test('an address that cannot be read is not shown', () => {
  expect(hideSecrets({ url: 'redis://:a/b@host' })).toEqual({ url: '(hidden)' });
});

test('every key that is named like a secret is hidden', () => {
  const suspicious = configKeys()
    .filter(({ key, type }) => type === 'string' && /secret|password|token|credential/i.test(key))
    .map(({ key }) => key.split('.').at(-1) ?? '');
  expect(suspicious).toContain('clientSecret');
  for (const key of suspicious) expect(hideSecrets({ [key]: 'x' })).toEqual({ [key]: '(hidden)' });
});
