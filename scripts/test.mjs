// `npm test`: everything, against a real Redis. Stops what it starts and ends with the code of what failed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureRedisServer } from './redis-server.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = name => join(root, 'node_modules', '.bin', name);
const started = [];

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** The URL of a Redis that may be written to. */
async function redisUrl() {
  if (process.env.REDIS_URL) return process.env.REDIS_URL;
  const command = ensureRedisServer();
  const port = await freePort();
  const args = [
    '--port',
    port,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--daemonize',
    'no',
  ];
  const child = spawn(command, args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(child);
  await new Promise((resolve, reject) => {
    child.once('exit', code => reject(new Error(`redis-server ended with code ${code}`)));
    child.once('error', reject);
    child.stdout.on('data', text => String(text).includes('eady to accept connections') && resolve());
  });
  return `redis://127.0.0.1:${port}`;
}

async function run(title, command, args, env = {}) {
  const began = performance.now();
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  started.push(child);
  const [code, signal] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${title} failed (${signal ?? `code ${code}`})`);
  console.log(`${title}: ok, ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

function stopAll() {
  for (const child of started) if (child.exitCode === null && child.signalCode === null) child.kill();
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    stopAll();
    process.exit(1);
  });
}

try {
  if (!existsSync(bin('vitest'))) throw new Error('the dependencies are not installed: run npm ci first');
  const url = await redisUrl();
  await run('types', bin('tsc'), ['--noEmit']);
  await run('lint', bin('biome'), ['check', '.']);
  await run('build', bin('tsc'), ['-p', 'tsconfig.build.json']);
  await run('tests', bin('vitest'), ['run', ...process.argv.slice(2)], { REDIS_URL: url });
} catch (error) {
  console.error(`npm test: ${error.message}`);
  process.exitCode = 1;
} finally {
  stopAll();
}
