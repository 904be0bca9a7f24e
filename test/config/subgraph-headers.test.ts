import { expect, test } from 'vitest';
import { subgraphConfig } from '../../src/config/execution.ts';
import { type GatewayConfigInput, gatewayConfig } from '../../src/config/gateway-config.ts';
import { ConfigError, parseConfig } from '../../src/config/parse.ts';

type Subgraphs = NonNullable<NonNullable<GatewayConfigInput['execution']>['subgraphs']>;

function problemsOf(all: unknown): readonly string[] {
  try {
    parseConfig(gatewayConfig, { execution: { subgraphs: { all } } }, 'test');
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const settingsOf = (subgraphs: Subgraphs, name: string) =>
  subgraphConfig(parseConfig(gatewayConfig, { execution: { subgraphs } }, 'test').execution, name);

test.each([
  'x-user-id',
  'X-User-Roles',
  'x-tenant-id',
  'x-persona',
  'x-request-id',
  'TraceParent',
  'x-deadline-ms',
  'signature',
  'signature-input',
  'content-digest',
  'x_user_id',
  'X_User-Id',
])('no rule may name %s, which is the gateway’s', name => {
  for (const headers of [{ forward: [name] }, { set: { [name]: 'v' } }]) {
    expect(problemsOf({ headers })).toEqual([
      expect.stringMatching(
        new RegExp(`^execution\\.subgraphs\\.all\\.headers\\..*${name} is the gateway's`),
      ),
    ]);
  }
});

test.each([
  'connection',
  'transfer-encoding',
  'TE',
  'trailer',
  'upgrade',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'host',
  'content-length',
  'content-type',
  'Content-Encoding',
  'accept',
  'accept-encoding',
  'expect',
])('no rule may name %s, which belongs to one message', name => {
  for (const headers of [{ forward: [name] }, { set: { [name]: 'v' } }]) {
    expect(problemsOf({ headers })).toEqual([expect.stringMatching(`${name} belongs to one message`)]);
  }
});

test.each(['', 'a b', 'a:b', 'a\r\nb', 'ä', 'x'.repeat(129)])('%j is no header name', name => {
  for (const headers of [{ forward: [name] }, { set: { [name]: 'v' } }]) {
    expect(problemsOf({ headers })).toEqual([expect.stringMatching('is not the name of a header')]);
  }
});

test.each(['', ' a', 'a ', 'a\r\nx-user-id: u-1', 'a\nb', 'a\0', 'ä', 'x'.repeat(8_193)])(
  '%j is no header value',
  value => {
    const [problem, ...others] = problemsOf({ headers: { set: { 'x-key': value } } });
    expect(problem).toMatch(/^execution\.subgraphs\.all\.headers\.set\.x-key: /);
    expect(others).toEqual([]);
  },
);

test.each([
  { forward: ['x-a', 'X-A'] },
  { forward: ['x-a'], set: { 'X-a': 'v' } },
  { set: { 'x-a': 'v', 'X-A': 'w' } },
])('a header has one rule: %j', headers => {
  expect(problemsOf({ headers })).toEqual([expect.stringMatching(/x-a is named more than once/i)]);
});

test.each([
  [{ algorithm: 'hmac-sha256' }, /hmac-sha256 takes secret/],
  [{ algorithm: 'hmac-sha256', secret: 's'.repeat(31) }, /signature\.secret: /],
  [{ algorithm: 'hmac-sha256', secret: 's'.repeat(32), privateKeyFile: 'k.pem' }, /takes secret/],
  [{ algorithm: 'ed25519', secret: 's'.repeat(32) }, /ed25519 takes privateKeyFile/],
  [{ algorithm: 'none' }, /signature\.algorithm: /],
  [{ algorithm: 'hmac-sha256', secret: 's'.repeat(32), keyId: 'a"b' }, /signature\.keyId: /],
])('a signature that cannot be made is refused: %j', (signature, expected) => {
  const problems = problemsOf({ signature });
  expect(problems).toEqual([expect.stringMatching(expected)]);
  expect(problems.join()).not.toContain('ssss');
});

test('a subgraph without settings of its own has those of all', () => {
  const signature = { algorithm: 'hmac-sha256', secret: 's'.repeat(32) } as const;
  const subgraphs = { all: { signature, headers: { forward: ['authorization'] } }, b: { identity: false } };
  expect(settingsOf(subgraphs, 'b')).toMatchObject({
    identity: false,
    headers: { forward: ['authorization'], set: {} },
    signature: { ...signature, keyId: 'weir', components: [] },
  });
  expect(settingsOf({}, 'a')).toMatchObject({ identity: true, headers: { forward: [], set: {} } });
});

test('headers of a subgraph stand in place of those of all', () => {
  const subgraphs = {
    all: { headers: { forward: ['authorization'] } },
    b: { headers: { set: { 'x-key': 'b' } } },
  };
  expect(settingsOf(subgraphs, 'b').headers).toEqual({ forward: [], set: { 'x-key': 'b' } });
});
