import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { configKeys } from '../../src/config/describe-config.ts';
import { ELSEWHERE } from '../../src/config/elsewhere.ts';
import { type GatewayConfigInput, gatewayConfig } from '../../src/config/gateway-config.ts';
import { loadYaml } from '../../src/config/load.ts';
import { ConfigError, parseConfig } from '../../src/config/parse.ts';
import { checkSubgraphNames, suspiciousSettings } from '../../src/config/suspicious.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function problemsOf(
  yaml: string,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  await using folder = await temporaryFolder({ 'gateway.yaml': yaml });
  try {
    await loadYaml(gatewayConfig, join(folder.path, 'gateway.yaml'), env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

test.each([
  ['an unknown key with its neighbour', 'server: { listne: "a:1" }', /^server\.listne: .*"listen"/],
  [
    'an unknown key below a subgraph',
    'execution: { subgraphs: { a: { timout: 1s } } }',
    /^execution\.subgraphs\.a\.timout: .*"timeout"/,
  ],
  ['a bad duration', 'execution: { deadline: 5 seconds }', /^execution\.deadline: .*"250ms"/],
  ['a duration without its unit', 'execution: { deadline: 10 }', /^execution\.deadline: .*"250ms"/],
  ['a port without its host', 'server: { listen: 4000 }', /^server\.listen: .*host:port/],
  ['a key that is missing', 'telemetry: { otlp: {} }', /^telemetry\.otlp\.endpoint: is missing$/],
  ['a bad size', 'server: { bodyLimit: 1MB }', /^server\.bodyLimit: .*"32MiB"/],
  ['a bad address', 'server: { listen: "4000" }', /^server\.listen: .*host:port/],
  [
    'a bad URL',
    'execution: { subgraphs: { a: { url: "ftp://x" } } }',
    /^execution\.subgraphs\.a\.url: .*http/,
  ],
  ['a list in place of a map', 'personas: [a]', /^personas: must be a map from names, .* not a list$/],
  [
    'what a switch may be',
    'server: { graphiql: "yes" }',
    /^server\.graphiql: must be true or false, not text$/,
  ],
  ['words to choose from', 'telemetry: { logLevel: loud }', /^telemetry\.logLevel: write one of debug, /],
  ['how little is too little', 'server: { batching: { maxOperations: 0 } }', /: must be more than 0$/],
  ['what has another place in other gateways', 'traffic_shaping: {}', /that is execution\.subgraphs here$/],
  ['the same below a key', 'telemetry: { exporters: {} }', /that is telemetry\.otlp here$/],
  [
    'a key that is there twice',
    'policy: {}\ncache: {}\npolicy: {}',
    /^line 3, column 1: policy is there already/,
  ],
  ['the line of broken YAML', 'server:\n  path: "/x\n', /^line \d+, column \d+: /],
  ['a variable that is not set', `server: { path: "\${NOWHERE}" }`, /^server\.path: .*NOWHERE.*:-default/],
  [
    'a reference of another tool',
    `server: { path: "\${env.P}" }`,
    /^server\.path: "\$\{env\.P\}" is no reference/,
  ],
  ['one of the shell', `server: { path: "/\${P-x}" }`, /^server\.path: "\$\{P-x\}" is no reference/],
  ['one within another', `server: { path: "\${P:-\${Q}}" }`, /^server\.path: .* is no reference/],
  ['one without its end', `server: { path: "/\${P:secret" }`, /^server\.path: "\$\{" is no reference/],
  [
    'an origin without its scheme',
    'server: { cors: { origins: [app.example.com] } }',
    /origins\.0: .*https:/,
  ],
  [
    'an origin with a path',
    'server: { cors: { origins: ["https://a.example/"] } }',
    /write https:\/\/a\.example$/,
  ],
  [
    'a window that is neither of a time nor of calls',
    'breakers: { default: { window: "100" } }',
    /^breakers\.default\.window: "100" is no window; write a duration, as in 10s, or .* calls"$/,
  ],
  ['what is done without a key of other gateways', 'csrf: {}', /^csrf: no such key; it is always on/],
])('a config error names %s', async (_title, yaml, expected) => {
  const problems = await problemsOf(yaml);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(expected);
});

test('what may be of several kinds is told all of them', async () => {
  expect(await problemsOf('personas: { a: { match: { claims: { r: 5 } } } }')).toEqual([
    'personas.a.match.claims.r: must be text or a list, as in [a, b], not 5',
  ]);
});

test('known keys are told once, however many are unknown', async () => {
  const problems = await problemsOf('quux: {}\nbar: {}\nfoo: 1');
  expect(problems.map(problem => problem.includes('known keys here: server, '))).toEqual([
    false,
    false,
    true,
  ]);
});

test('keys of another gateway are told beside references of it, all at once', async () => {
  const problems = await problemsOf(
    `supergraph: { path: "\${env.PATH_OF_API}" }\ntls: { cert: "\${file./run/key}" }`,
  );
  expect(problems).toEqual([
    expect.stringMatching(/^supergraph\.path: .* write \$\{PATH_OF_API\} or \$\{PATH_OF_API:-default\}$/),
    expect.stringMatching(/^tls\.cert: .* files are not put in/),
    expect.stringMatching(/^supergraph: no such key; its listener is server here/),
    expect.stringMatching(/^tls: no such key; that is server\.tls here/),
  ]);
});

test('what a reference would have said is not held against a file', async () => {
  const problems = await problemsOf(`server: { listen: "\${LISTEN}", bodyLimit: 3 }`);
  expect(problems).toEqual([expect.stringMatching(/^server\.listen: the environment variable LISTEN/)]);
});

test('a file that is not YAML has few problems, however many follow from the first', async () => {
  const problems = await problemsOf(
    'type Query @join__type(graph: A) {\n  a: Int! @b(c: "d")\n}\n'.repeat(50),
  );
  expect(problems.length).toBeLessThan(6);
  expect(problems.at(-1)).toMatch(/^and \d+ more after that; is it the right file\?$/);
});

test('a key of other gateways that stands below one of ours is told what there is instead', async () => {
  expect(await problemsOf('telemetry: { metrics: { prometheus: {} } }')).toEqual([
    'telemetry.metrics: no such key; they are at /metrics of admin.listen',
  ]);
});

test('every key of other gateways is told a place that there is', () => {
  const known = new Set(configKeys().map(({ key }) => key));
  for (const place of ELSEWHERE.values())
    expect(known).toContain(place.replace(/\.(default|all)\./, '.<name>.'));
});

test('what comes from the environment is not looked at again', async () => {
  await using folder = await temporaryFolder({ 'gateway.yaml': `server: { path: "\${P}" }` });
  const config = await loadYaml(gatewayConfig, join(folder.path, 'gateway.yaml'), { P: `/\${env.X}` });
  expect(config.server.path).toBe(`/\${env.X}`);
});

test('variables and their defaults are filled in', async () => {
  await using folder = await temporaryFolder({
    'gateway.yaml': `server: { path: "\${WEIR_PATH}", listen: "\${WEIR_LISTEN:-127.0.0.1:4999}" }`,
  });
  const config = await loadYaml(gatewayConfig, join(folder.path, 'gateway.yaml'), { WEIR_PATH: '/api' });
  expect(config.server).toMatchObject({ path: '/api', listen: { host: '127.0.0.1', port: 4999 } });
});

test('a config can be written back and reads the same', () => {
  const config = parseConfig(gatewayConfig, { server: { listen: '[::1]:4000' } }, 'test');
  const written = z.encode(gatewayConfig, config);
  expect(written.server).toMatchObject({ listen: '[::1]:4000', bodyLimit: '1MiB', requestTimeout: '30s' });
  expect(parseConfig(gatewayConfig, written, 'test')).toEqual(config);
});

const parse = (input: GatewayConfigInput) => parseConfig(gatewayConfig, input, 'test');

test.each<[string, GatewayConfigInput, RegExp]>([
  ['any origin', { server: { cors: { origins: ['*'] } } }, /cors\.origins/],
  [
    'a timeout beyond the deadline',
    { execution: { subgraphs: { all: { timeout: '1m' } } } },
    /subgraphs\.all\.timeout/,
  ],
  [
    'a deadline of an operation that is later than any other',
    {
      execution: { deadline: '6s', deadlines: { Late: '8s', Early: '7s' } },
      personas: { web: { deadline: '8s' } },
    },
    /deadlines\.Late/,
  ],
  [
    'an answer that is kept no longer for want of another',
    {
      identity: {
        introspection: {
          endpoint: 'https://login.example/introspect',
          clientId: 'weir',
          clientSecret: 'x',
          cacheFor: '5m',
          onUnavailable: 'last-known',
        },
      },
    },
    /introspection\.lastKnownFor/,
  ],
  ['a ceiling of cost that is nowhere', { policy: { cost: { mode: 'enforce' } } }, /policy\.cost\.mode.*max/],
  [
    'a ceiling of cost that nothing enforces',
    { policy: { cost: { max: 5 } } },
    /max of cost.*policy\.cost\.mode/,
  ],
  ['such a ceiling of a tier', { tiers: { free: { cost: { max: 5 } } } }, /max of cost.*policy\.cost\.mode/],
  ['a cluster of breakers without Redis', { breakers: { scope: 'cluster' } }, /breakers\.scope/],
  [
    'an audit that the log level hides',
    { personas: { admin: { audit: true } }, telemetry: { logLevel: 'warn' } },
    /audit.*telemetry\.logLevel/,
  ],
])('%s is suspicious', (_title, input, expected) => {
  expect(suspiciousSettings(parse(input))).toEqual([expect.stringMatching(expected)]);
});

test('defaults are not suspicious', () => {
  expect(suspiciousSettings(parse({}))).toEqual([]);
});

test('a ceiling that one persona measures is not suspicious', () => {
  const input = { policy: { cost: { max: 5 } }, personas: { web: { cost: { mode: 'measure' as const } } } };
  expect(suspiciousSettings(parse(input))).toEqual([]);
});

test.each<[string, GatewayConfigInput]>([
  ['a persona', { personas: { web: { cost: { max: 5 } } } }],
  ['a tier', { tiers: { free: { cost: { max: 5 } } } }],
  ['everybody', { policy: { cost: { mode: 'enforce', max: 5 } } }],
])('a ceiling of cost for %s is enough', (_title, input) => {
  expect(suspiciousSettings(parse({ policy: { cost: { mode: 'enforce' } }, ...input }))).toEqual([]);
});

test('settings of a subgraph that is not there name the nearest', () => {
  const config = parse({ execution: { subgraphs: { prodcts: { timeout: '1s' } } } });
  expect(() => checkSubgraphNames(config, ['users', 'products'])).toThrow(/prodcts.*"products"/);
  expect(() => checkSubgraphNames(config, ['users', 'prodcts'])).not.toThrow();
});
