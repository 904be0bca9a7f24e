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

/** Every way in which a rule may name a header. */
const requestRules = (name: string) => [
  { propagate: { name } },
  { propagate: { name: 'x-a', as: name } },
  { insert: { name, value: 'v' } },
  { insert: { name, claim: 'c' } },
  { remove: { name } },
];
const responseRules = (name: string) => [
  { propagate: { name } },
  { propagate: { name: 'x-a', as: name } },
  { insert: { name, value: 'v' } },
  { remove: { name } },
];

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
])('no rule may tell subgraphs %s, which is the gateway’s', name => {
  for (const rule of requestRules(name)) {
    expect(problemsOf({ headers: { request: [rule] } })).toEqual([
      expect.stringMatching(
        new RegExp(`^execution\\.subgraphs\\.all\\.headers\\.request\\.0\\..*${name} is the gateway's`),
      ),
    ]);
  }
});

test.each([
  'x-request-id',
  'X-Trace-Id',
  'x_trace_id',
  'ratelimit',
  'RateLimit-Policy',
  'retry-after',
  'age',
  'etag',
  'x-cache',
  'vary',
  'expires',
  'cdn-cache-control',
  'surrogate-control',
  'access-control-allow-origin',
  'www-authenticate',
])('no rule may tell clients %s, which is the gateway’s', name => {
  for (const rule of responseRules(name)) {
    expect(problemsOf({ headers: { response: [rule] } })).toEqual([
      expect.stringMatching(`headers\\.response\\.0\\..*${name} is the gateway's`),
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
  const inBoth = [
    ...requestRules(name).map(rule => ({ request: [rule] })),
    ...responseRules(name).map(rule => ({ response: [rule] })),
  ];
  for (const headers of inBoth)
    expect(problemsOf({ headers })).toEqual([expect.stringMatching(`${name} belongs to one message`)]);
});

test.each(['', 'a b', 'a:b', 'a\r\nb', 'ä', 'x'.repeat(129)])('%j is no header name', name => {
  for (const rule of requestRules(name))
    expect(problemsOf({ headers: { request: [rule] } })).toEqual([
      expect.stringMatching('is not the name of a header'),
    ]);
});

test.each(['', ' a', 'a ', 'a\r\nx-user-id: u-1', 'a\nb', 'a\0', 'ä', 'x'.repeat(8_193)])(
  '%j is no header value',
  value => {
    for (const rule of [
      { insert: { name: 'x-key', value } },
      { propagate: { name: 'x-key', default: value } },
    ]) {
      const [problem, ...others] = problemsOf({ headers: { request: [rule] } });
      expect(problem).toMatch(
        /^execution\.subgraphs\.all\.headers\.request\.0\.(insert\.value|propagate\.default): /,
      );
      expect(others).toEqual([]);
    }
  },
);

test.each([
  [{ propagate: { name: 'x-a' } }, { propagate: { name: 'X-A' } }],
  [{ propagate: { name: 'x-a' } }, { insert: { name: 'x_a', value: 'v' } }],
  [{ propagate: { name: 'x-b', as: 'x-a' } }, { insert: { name: 'x-a', claim: 'a' } }],
])('a header is the target of one rule: %j', (...request) => {
  expect(problemsOf({ headers: { request } })).toEqual([
    expect.stringMatching(/request: x.a is the target of more than one rule/i),
  ]);
});

test.each([
  [{}, /request\.0: takes one of propagate, insert, remove/],
  [{ propagate: { name: 'x-a' }, remove: { name: 'x-a' } }, /request\.0: takes one of/],
  [{ propagate: {} }, /request\.0\.propagate: takes one of name, pattern/],
  [{ propagate: { name: 'x-a', pattern: '^x-' } }, /takes one of name, pattern/],
  [{ propagate: { pattern: '^x-', as: 'x-a' } }, /as and default go with name/],
  [{ propagate: { pattern: '^x-', default: 'a' } }, /as and default go with name/],
  [{ propagate: { pattern: '^x-(' } }, /propagate\.pattern: is not a pattern/],
  [{ propagate: { name: 'set-cookie' } }, /set-cookie is a header of responses/],
  [{ propagate: { name: 'x-a', algorithm: 'last' } }, /algorithm: no such key/],
  [{ insert: { name: 'x-a' } }, /takes one of value, claim, from/],
  [{ insert: { name: 'x-a', value: 'v', claim: 'c' } }, /takes one of value, claim, from/],
  [{ insert: { name: 'x-a', from: 'roles' } }, /insert\.from: /],
  [{ remove: {} }, /takes one of name, pattern/],
])('a rule for requests that says nothing clear is refused: %j', (rule, expected) => {
  expect(problemsOf({ headers: { request: [rule] } })).toEqual([expect.stringMatching(expected)]);
});

test.each([
  [{ propagate: { name: 'set-cookie', algorithm: 'last' } }, /set-cookie is only ever appended/],
  [{ propagate: { name: 'set-cookie', algorithm: 'first' } }, /set-cookie is only ever appended/],
  [{ propagate: { name: 'set-cookie', as: 'x-a' } }, /set-cookie cannot be renamed/],
  [{ propagate: { name: 'x-a', as: 'Set-Cookie' } }, /set-cookie cannot be renamed/],
  [{ insert: { name: 'set-cookie', value: 'a=b' } }, /can be propagated, but not inserted/],
  [{ insert: { name: 'cache-control', value: 'public' } }, /can be propagated, but not inserted/],
  [{ propagate: { name: 'cache-control' } }, /cache-control, and no other header, takes/],
  [{ propagate: { name: 'cache-control', algorithm: 'last' } }, /cache-control, and no other header, takes/],
  [{ propagate: { name: 'x-a', algorithm: 'most-restrictive-cache-control' } }, /and no other header, takes/],
  [{ propagate: { name: 'x-a', algorithm: 'middle' } }, /propagate\.algorithm: /],
])('a rule for responses that could not be kept is refused: %j', (rule, expected) => {
  expect(problemsOf({ headers: { response: [rule] } })).toEqual([expect.stringMatching(expected)]);
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

const AUTHORIZATION = { propagate: { name: 'authorization' } };

test('a subgraph without settings of its own has those of all', () => {
  const signature = { algorithm: 'hmac-sha256', secret: 's'.repeat(32) } as const;
  const subgraphs = {
    all: { signature, headers: { request: [AUTHORIZATION] } },
    b: { identity: false },
  };
  expect(settingsOf(subgraphs, 'b')).toMatchObject({
    identity: false,
    headers: { request: [AUTHORIZATION], response: [] },
    signature: { ...signature, keyId: 'weir', components: [] },
  });
  expect(settingsOf({}, 'a')).toMatchObject({ identity: true, headers: { request: [], response: [] } });
});

test('header rules of a subgraph come after those of all', () => {
  const own = [{ insert: { name: 'authorization', value: 'b' } }, { remove: { pattern: '^x-' } }];
  const subgraphs = {
    all: { headers: { request: [AUTHORIZATION], response: [{ propagate: { name: 'x-a' } }] } },
    b: { headers: { request: own } },
  };
  expect(settingsOf(subgraphs, 'b').headers).toEqual({
    request: [AUTHORIZATION, ...own],
    response: [{ propagate: { name: 'x-a' } }],
  });
});
