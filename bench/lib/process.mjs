import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { processTree } from './proc-stat.mjs';

const KEPT_OUTPUT = 4000;
const READY_TIMEOUT_MS = 40_000;
const STOP_TIMEOUT_MS = 3000;

const canPin = spawnSync('taskset', ['-V']).status === 0;

export const GATEWAY_CORE = 0;
export const HELPER_CORE = 1;

const running = new Set();

/** @returns {Promise<number>} a port that was free a moment ago */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/**
 * Starts a process on one core. `taskset` replaces itself by the command, so the pid is the command's own.
 * @param {{command: string, args: string[], env?: Record<string, string>, cwd?: string}} launch
 */
export function startPinned(launch, core) {
  const [command, ...args] = [
    ...(canPin ? ['taskset', '-c', String(core)] : []),
    launch.command,
    ...launch.args,
  ];
  const child = spawn(command, args, {
    cwd: launch.cwd,
    env: { ...process.env, NODE_ENV: 'production', ...launch.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const started = { child, pid: child.pid, output: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', part => {
      started.output = (started.output + part).slice(-KEPT_OUTPUT);
    });
  }
  started.exited = new Promise(resolve => {
    child.once('error', resolve);
    child.once('exit', resolve);
  });
  running.add(started);
  return started;
}

/** Stops a started process and its descendants, by pid. */
export async function stop(started) {
  running.delete(started);
  const { child } = started;
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const descendants = processTree(child.pid).slice(1);
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await started.exited;
  clearTimeout(timer);
  for (const pid of descendants) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {} // it ended with its parent
  }
}

export async function stopAll() {
  await Promise.all([...running].map(stop));
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => stopAll().finally(() => process.exit(130)));
}

/** Waits until a GraphQL server answers `{ __typename }`. */
export async function untilReady(started, port) {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (started.child.exitCode !== null) throw new Error(`it ended: ${started.output.slice(-1500)}`);
    try {
      const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: '{"query":"{ __typename }"}',
        signal: AbortSignal.timeout(2000),
      });
      if (response.ok && (await response.json()).data) return;
    } catch {} // not listening yet
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  throw new Error(`not ready after ${READY_TIMEOUT_MS / 1000} s: ${started.output.slice(-1500)}`);
}

/** @returns {Promise<string>} what a helper process printed */
export async function runPinned(launch, core) {
  const started = startPinned(launch, core);
  let printed = '';
  started.child.stdout.on('data', part => {
    printed += part;
  });
  await new Promise(resolve => started.child.once('close', resolve));
  running.delete(started);
  if (printed === '') throw new Error(`no output: ${started.output}`);
  return printed;
}
