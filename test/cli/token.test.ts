import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLocalJWKSet, decodeJwt, type JWTVerifyResult, jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import { runCli } from '../support/start-cli.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const run = (folder: TemporaryFolder, args: readonly string[]) =>
  runCli(['token', ...args], { cwd: folder.path });

/** With the key of the folder, as the gateway would. */
async function verify(folder: TemporaryFolder, token: string): Promise<JWTVerifyResult> {
  const text = await readFile(join(folder.path, '.weir/dev-identity.json'), 'utf8');
  const { d: _, ...key } = JSON.parse(text);
  return jwtVerify(token, createLocalJWKSet({ keys: [{ ...key, alg: 'ES256' }] }), {
    issuer: 'weir-dev',
    audience: 'weir',
    algorithms: ['ES256'],
    requiredClaims: ['iat', 'exp', 'jti'],
  });
}

test('weir token prints one token and nothing else, before weir dev has ever run', async () => {
  await using folder = await temporaryFolder();
  const args = '--sub u-1 --persona web --scope read:email --role user --tier premium'.split(' ');
  const { code, stdout, stderr } = await run(folder, args);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  const { payload, protectedHeader } = await verify(folder, stdout.trim());
  expect(payload).toEqual({
    iss: 'weir-dev',
    aud: 'weir',
    sub: 'u-1',
    iat: expect.any(Number),
    exp: (payload.iat as number) + 3_600,
    jti: expect.any(String),
    persona: 'web',
    scope: 'read:email',
    roles: ['user'],
    tier: 'premium',
  });
  expect(protectedHeader).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
});

test('weir token takes lists, a time to live and any other claim', async () => {
  await using folder = await temporaryFolder();
  const { stdout } = await run(folder, [
    ...['--sub', 'u-1', '--scope', 'read:email write:email', '--scope', 'pay'],
    ...['--role', 'user', '--role', 'admin', '--permission', 'orders:refund', '--tenant', 't-1'],
    ...['--client', 'app', '--expires', '90s', '--claim', 'plan={"name":"gold"}', '--claim', 'aud=["x=y"]'],
  ]);
  const claims = decodeJwt(stdout);
  expect(claims).toMatchObject({
    scope: 'read:email write:email pay',
    roles: ['user', 'admin'],
    permissions: ['orders:refund'],
    tenant: 't-1',
    client_id: 'app',
    exp: (claims.iat as number) + 90,
    plan: { name: 'gold' },
    aud: ['x=y'],
  });
  expect(claims).not.toHaveProperty('tier');
});

test('tokens of commands that run at once are all of one key', async () => {
  await using folder = await temporaryFolder();
  const runs = await Promise.all(['u-1', 'u-2', 'u-3'].map(sub => run(folder, ['--sub', sub])));
  const verified = await Promise.all(runs.map(({ stdout }) => verify(folder, stdout.trim())));
  expect(verified.map(({ payload }) => payload.sub)).toEqual(['u-1', 'u-2', 'u-3']);
});

test.each([
  [[], '--sub'],
  [['--sub', ''], '--sub'],
  [['--sub', 'u-1', '--expires', '1 hour'], '--expires'],
  [['--sub', 'u-1', '--expires', '0s'], '--expires'],
  [['--sub', 'u-1', '--claim', 'plan'], '--claim'],
  [['--sub', 'u-1', '--claim', 'plan=gold'], `--claim 'plan="gold"'`],
])('weir token %j prints nothing and says what to mend', async (args, said) => {
  await using folder = await temporaryFolder();
  const { code, stdout, stderr } = await run(folder, args);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(said)]);
});
