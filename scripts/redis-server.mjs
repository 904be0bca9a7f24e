// Finds a redis-server to run, and installs one where that is plainly allowed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const isThere = command => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;

function canInstall() {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && isThere('apt-get');
}

/** Name of the command. Throws one line that says what to install. */
export function ensureRedisServer() {
  if (isThere('redis-server')) return 'redis-server';
  if (canInstall()) {
    console.log('redis-server is not there; installing it with apt-get');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const apt = (...args) =>
      spawnSync('apt-get', ['-qq', ...args], { stdio: ['ignore', 'ignore', 'inherit'], env });
    apt('update');
    apt('install', '-y', '--no-install-recommends', '-o', 'DPkg::Options::=--force-confdef', 'redis-server');
    if (isThere('redis-server')) return 'redis-server';
  }
  throw new Error(
    'no Redis: set REDIS_URL, or install redis-server (apt-get install redis-server, brew install redis)',
  );
}
