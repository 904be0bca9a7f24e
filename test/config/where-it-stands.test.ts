import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CONFIGURATION } from '../../src/config/config-source.ts';
import { gatewayConfig } from '../../src/config/gateway-config.ts';
import { loadYaml, readYaml } from '../../src/config/load.ts';
import { ConfigError, toldOf } from '../../src/config/parse.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function messageOf(content: string | Uint8Array): Promise<string> {
  await using folder = await temporaryFolder({ 'gateway.yaml': content });
  const path = join(folder.path, 'gateway.yaml');
  return loadYaml(gatewayConfig, path, {}).then(
    () => 'can be used',
    (error: Error) => error.message.replace(path, 'gateway.yaml'),
  );
}

test.each([
  ['of an unknown key', 'server:\n  path: /x\n  lisen: a\n', 'line 3, server.lisen: no such key'],
  [
    'of what is around a key that is missing',
    'telemetry:\n  logLevel: info\n  otlp:\n    headers: {}\n',
    'line 3, telemetry.otlp.endpoint: is missing',
  ],
  [
    'of an item of a list',
    'server:\n  cors:\n    origins:\n      - "*"\n      - a\n',
    'line 5, server.cors.origins.1: ',
  ],
  [
    'of a variable that is not set',
    'server: {}\nadmin:\n  listen: $' + '{NOWHERE}\n',
    'line 3, admin.listen: the environment variable NOWHERE',
  ],
  ['of CRLF files', 'server:\r\n  path: /x\r\n  lisen: a\r\n', 'line 3, server.lisen: '],
  ['of a file with a byte order mark', '\uFEFFserver:\n  lisen: a\n', 'line 2, server.lisen: '],
])('a config error has the line %s', async (_title, yaml, expected) => {
  expect(await messageOf(yaml)).toContain(`gateway.yaml cannot be used: ${expected}`);
});

test('keys with dots in them are found, and of several the one that is meant', async () => {
  await using folder = await temporaryFolder({
    'gateway.yaml': 'cache:\n  fields:\n    Query: {}\n    Query.media: {}\n    Query.mediaOf: {}\n',
  });
  const { source } = await readYaml(join(folder.path, 'gateway.yaml'), {});
  expect(source.lineOf('cache.fields.Query.mediaOf: Query has no such field')).toBe(5);
  expect(source.lineOf('cache.fields.Query.media.maxAge: is too long')).toBe(4);
  expect(source.lineOf('cache.fields.Query: is no such type')).toBe(3);
  expect(source.lineOf('server.listen: of a flag')).toBeNull();
});

test('an error that is found without the file gets its name and lines, any other stays what it is', () => {
  const source = { name: 'gateway.yaml', lineOf: () => 7 };
  const error = new ConfigError(CONFIGURATION, ['breakers.fields.Nope: there is no such type']);
  expect((toldOf(error, source) as Error).message).toBe(
    'gateway.yaml cannot be used: line 7, breakers.fields.Nope: there is no such type',
  );
  const other = new ConfigError('a manifest', ['is empty']);
  expect(toldOf(other, source)).toBe(other);
  expect(toldOf(error, undefined)).toBe(error);
});

test('a reference between braces is told to need quotes, and nothing that follows from it', async () => {
  expect(await messageOf('server: { listen: $' + '{ADDRESS}, path: /x }')).toMatch(
    /^gateway\.yaml cannot be used: line 1, column 20: .* in quotes, as in "\$\{NAME\}"$/,
  );
});

test('a second document is refused in words of the file', async () => {
  expect(await messageOf('server: {}\n---\nadmin: {}\n')).toMatch(/line 2, column 1: a second document/);
});

test('a file of another encoding is told to be one', async () => {
  expect(await messageOf(Buffer.from('\uFEFFserver: {}\n', 'utf16le'))).toMatch(/it is not UTF-8/);
  expect(await messageOf(Buffer.from('# caf\u00e9\nserver: {}\n', 'latin1'))).toMatch(/it is not UTF-8/);
});

test('a key without a value is told what may be there', async () => {
  expect(await messageOf('server:\nadmin: {}\n')).toMatch(
    /line 1, server: has nothing below it; write a group of keys, .*, or leave the key out$/,
  );
});

test.each([
  ['execution: { deadline: 30d }', 'execution.deadline: is not between 1ms and 1d'],
  ['execution: { deadline: 0s }', 'execution.deadline: is not between 1ms and 1d'],
  ['personas: { a: { deadline: 25h } }', 'personas.a.deadline: is not between 1ms and 1d'],
  [
    'execution: { subgraphs: { all: { timeout: 99999999999999999999d } } }',
    'timeout: is not between 1ms and 1d',
  ],
  ['server: { requestTimeout: 0s }', 'server.requestTimeout: is not between 1ms and 1d'],
  ['server: { shutdown: { drain: 25d } }', 'server.shutdown.drain: is longer than 1d'],
  [
    'server: { bodyLimit: 999999999999GiB }',
    'server.bodyLimit: "999999999999GiB" is more than any machine has',
  ],
])('%s is refused: no timer waits so long, and no request gets done in no time', async (yaml, expected) => {
  expect(await messageOf(yaml)).toContain(expected);
});
