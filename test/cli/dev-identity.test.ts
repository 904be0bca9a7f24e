import { execFileSync } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { CliError } from '../../src/cli/cli-error.ts';
import { devKeyPair, KEY_FILE } from '../../src/cli/dev-identity/keys.ts';
import { type DevProvider, startDevIdentity } from '../../src/cli/dev-identity/provider.ts';
import { type Mode, readSettings } from '../../src/cli/settings.ts';
import { ConfigError } from '../../src/config/parse.ts';
import type { Caller } from '../../src/http/caller.ts';
import { createIdentity } from '../../src/identity/identify.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { startFakeSubgraph } from '../support/fake-subgraph.ts';
import { startCli } from '../support/start-cli.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const OTHER_PROVIDER = `
    - issuer: https://login.example
      audiences: [weir]
      jwksUri: http://127.0.0.1:9/jwks.json`;

describe('the key', () => {
  test('is made once, for the eyes of its user only', async () => {
    await using folder = await temporaryFolder();
    const made = await devKeyPair(folder.path);
    expect(await devKeyPair(folder.path)).toEqual(made);
    const mode = async (name: string) => ((await stat(join(folder.path, name))).mode & 0o777).toString(8);
    expect([await mode('.weir'), await mode(KEY_FILE)]).toEqual(['700', '600']);
  });

  test('is the same for all who start at once, and leaves nothing else behind', async () => {
    await using folder = await temporaryFolder();
    const keys = await Promise.all(Array.from({ length: 20 }, () => devKeyPair(folder.path)));
    expect(new Set(keys.map(({ d }) => d)).size).toBe(1);
    expect(await readdir(join(folder.path, '.weir'))).toEqual(['.gitignore', 'dev-identity.json']);
  });

  test('is not seen by git', async () => {
    await using folder = await temporaryFolder();
    await devKeyPair(folder.path);
    const git = (...args: string[]) => execFileSync('git', args, { cwd: folder.path, encoding: 'utf8' });
    git('init', '--quiet');
    expect(git('status', '--porcelain', '--untracked-files=all')).toBe('');
  });

  test.each(['', '{', '[]', '{"kty":"oct","k":"hush"}'])(
    'is asked for anew when its file holds %j',
    async text => {
      await using folder = await temporaryFolder({ [KEY_FILE]: text });
      const error = await devKeyPair(folder.path).catch(reason => reason);
      expect(error).toBeInstanceOf(CliError);
      expect(error.message).toMatch(/dev-identity\.json .*delete it/);
      expect(String(error.stack) + String(error.cause)).not.toContain('hush');
    },
  );

  test('cannot be had where no folder can be made, and says so', async () => {
    await using folder = await temporaryFolder({ '.weir': 'a file' });
    await expect(devKeyPair(folder.path)).rejects.toThrow(/development identity, .*dev-identity\.json/);
  });
});

describe('the key set', () => {
  test('is served to this machine without the private part', async () => {
    await using folder = await temporaryFolder();
    await using identity = await startDevIdentity(folder.path);
    const { jwksUri } = identity.provider;
    expect(new URL(jwksUri)).toMatchObject({ hostname: '127.0.0.1', pathname: '/.well-known/jwks.json' });
    const { kid, x, y } = await devKeyPair(folder.path);
    expect(await (await fetch(jwksUri)).json()).toEqual({
      keys: [{ kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' }],
    });
    expect((await fetch(new URL('/', jwksUri))).status).toBe(404);
    expect((await fetch(jwksUri, { method: 'POST' })).status).toBe(405);
  });

  test('goes to another port when its own is taken, and is gone with its end', async () => {
    await using folder = await temporaryFolder();
    await using first = await startDevIdentity(folder.path, 0);
    const taken = Number(new URL(first.provider.jwksUri).port);
    const second = await startDevIdentity(folder.path, taken);
    expect(second.provider.jwksUri).not.toBe(first.provider.jwksUri);
    expect((await fetch(second.provider.jwksUri)).status).toBe(200);
    await second[Symbol.asyncDispose]();
    await expect(fetch(second.provider.jwksUri)).rejects.toThrow();
  });
});

const PROVIDER: DevProvider = {
  issuer: 'weir-dev',
  audiences: ['weir'],
  algorithms: ['ES256'],
  jwksUri: 'http://127.0.0.1:4020/.well-known/jwks.json',
};

async function issuersIn(yaml: string, mode: Mode) {
  await using folder = await temporaryFolder({ 'gateway.yaml': yaml });
  const { config } = await readSettings({ config: join(folder.path, 'gateway.yaml') }, {}, mode);
  return config.identity.jwt?.providers.map(({ issuer, jwksUri }) => [issuer, jwksUri]);
}

describe('the providers of the settings', () => {
  const dev = { devProvider: PROVIDER };
  const OURS = ['weir-dev', PROVIDER.jwksUri];
  const THEIRS = ['https://login.example', 'http://127.0.0.1:9/jwks.json'];

  test.each([
    ['is the only one when there is no other', 'server: {}', [OURS]],
    ['is the only one when the file has none', 'identity: { required: true }', [OURS]],
    ['is beside others', `identity:\n  jwt:\n    providers:${OTHER_PROVIDER}`, [THEIRS, OURS]],
    [
      'replaces one of its name',
      "identity: { jwt: { providers: [{ issuer: weir-dev, audiences: [a], jwksUri: 'http://127.0.0.1:1' }] } }",
      [OURS],
    ],
  ])('have the one of weir dev, which %s', async (_how, yaml, expected) => {
    expect(await issuersIn(yaml, dev)).toEqual(expected);
  });

  test('have it in weir dev only', async () => {
    expect(await issuersIn('server: {}', 'start')).toBeUndefined();
    expect(await issuersIn(`identity:\n  jwt:\n    providers:${OTHER_PROVIDER}`, 'start')).toEqual([THEIRS]);
  });

  test.each([
    'identity: 1',
    'identity: { jwt: 1 }',
    'identity: { jwt: { providers: 1 } }',
    'identity: { jwt: { providers: [1] } }',
  ])('are as wrong as they are written: %s', async yaml => {
    await expect(issuersIn(yaml, dev)).rejects.toThrow(ConfigError);
  });
});

/** What the identity stage makes of a token, with the settings of a command. */
async function callerOf(token: string, folder: TemporaryFolder, mode: Mode): Promise<Caller> {
  const { config } = await readSettings({ config: join(folder.path, 'gateway.yaml') }, {}, mode);
  const ignore = (): void => {};
  const identity = await createIdentity({
    config: config.identity,
    clock: systemClock,
    metrics: createMetrics(),
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    fetch,
    folder: folder.path,
    introspect: null,
    apiKeys: null,
  });
  try {
    const headers = { authorization: `Bearer ${token}` };
    return (await identity.identify({ headers, rawHeaders: [] })).caller;
  } finally {
    await identity.close();
  }
}

async function tokenFrom(folder: TemporaryFolder): Promise<string> {
  await using cli = startCli(['token', '--sub', 'u-1', '--role', 'user'], { cwd: folder.path });
  expect(await cli.ended()).toBe(0);
  return cli.output.stdout.trim();
}

describe('a token', () => {
  test('is accepted by weir dev in its folder, and by none in another', async () => {
    await using folder = await temporaryFolder({ 'gateway.yaml': 'server: {}' });
    await using other = await temporaryFolder({ 'gateway.yaml': 'server: {}' });
    await using identity = await startDevIdentity(folder.path, 0);
    const mode = { devProvider: identity.provider };
    expect(await callerOf(await tokenFrom(folder), folder, mode)).toMatchObject({
      kind: 'jwt',
      subject: 'u-1',
      roles: new Set(['user']),
    });
    await expect(callerOf(await tokenFrom(other), folder, mode)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });

  test('is refused by weir start in the same folder, also while weir dev runs there', async () => {
    const jwt = `identity:\n  jwt:\n    providers:${OTHER_PROVIDER}`;
    await using folder = await temporaryFolder({ 'gateway.yaml': jwt });
    await using _identity = await startDevIdentity(folder.path, 0);
    const refusal = await callerOf(await tokenFrom(folder), folder, 'start').catch(error => error);
    expect([refusal.code, refusal.status]).toEqual(['UNAUTHENTICATED', 401]);
  });
});

/** Writes down every module that a process loads and everything that it listens on. */
const WITNESS = `
import { appendFileSync } from 'node:fs';
import { register } from 'node:module';
import { Server } from 'node:net';
register('data:text/javascript,' + encodeURIComponent(\`
  import { appendFileSync } from 'node:fs';
  export async function load(url, context, next) {
    appendFileSync(process.env.WITNESSED, 'load ' + url + '\\\\n');
    return next(url, context);
  }
\`));
const { listen } = Server.prototype;
Server.prototype.listen = function (...args) {
  this.once('listening', () => appendFileSync(process.env.WITNESSED, 'listen\\n'));
  return listen.apply(this, args);
};
`;

interface Witnessed {
  readonly devModules: readonly string[];
  readonly listeners: number;
}

/** What a command that serves has done by the time it says that it listens. */
async function witness(command: 'start' | 'dev'): Promise<Witnessed> {
  const typeDefs = 'type Query { greeting: String }';
  await using subgraph = await startFakeSubgraph({ typeDefs });
  await using folder = await temporaryFolder({
    'witness.mjs': WITNESS,
    'a.graphql': typeDefs,
    'gateway.yaml': 'server: { listen: "127.0.0.1:0" }\nadmin: { listen: "127.0.0.1:0" }',
    'supergraph.yaml': `subgraphs: { a: { routing_url: '${subgraph.url}', schema: { file: a.graphql } } }`,
  });
  await devKeyPair(folder.path);
  const witnessed = join(folder.path, 'witnessed.txt');
  const env = {
    WITNESSED: witnessed,
    NODE_OPTIONS: `--import ${pathToFileURL(join(folder.path, 'witness.mjs'))}`,
  };
  await using cli = startCli([command], { cwd: folder.path, env });
  await cli.said(/listening/);
  const lines = (await readFile(witnessed, 'utf8')).split('\n');
  return {
    devModules: lines.filter(line => line.startsWith('load ') && line.includes('/dev-identity/')),
    listeners: lines.filter(line => line === 'listen').length,
  };
}

test('weir start neither loads the development identity nor opens its listener, as weir dev does', async () => {
  expect(await witness('start')).toEqual({ devModules: [], listeners: 2 });
  expect(await witness('dev')).toEqual({
    devModules: expect.arrayContaining([expect.stringContaining('provider.js')]),
    listeners: 3,
  });
});
