import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { ensureRedisServer } from '../../scripts/redis-server.mjs';

/** A Redis of a test's own, that may be killed. It keeps nothing. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  kill(): Promise<void>;
  /** Again on the same port. */
  start(): Promise<void>;
  /** As if its machine hung, or no longer did. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
}

const PATIENCE_MS = 10_000;

export async function startRedisServer(args: readonly string[] = [], port?: number): Promise<RedisServer> {
  const at = port ?? (await freePort());
  const fixed = ['--port', String(at), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  return startRedisProcess(at, { args: [...fixed, ...args], isReady: /ready to accept connections/i });
}

interface RedisProcess {
  readonly args: readonly string[];
  /** Of what it prints. */
  readonly isReady: RegExp;
}

/** Whatever the binary can be, on a port that its arguments say too. */
export async function startRedisProcess(port: number, { args, isReady }: RedisProcess): Promise<RedisServer> {
  const command: string = ensureRedisServer();
  let child: ChildProcess | null = null;

  const kill = async (): Promise<void> => {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  };
  const start = async (): Promise<void> => {
    const started = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    child = started;
    let output = '';
    await new Promise<void>((ready, fail) => {
      const tooLate = setTimeout(() => fail(new Error(`Redis did not start:\n${output}`)), PATIENCE_MS);
      started.once('error', fail);
      started.once('exit', code => fail(new Error(`Redis ended with ${code}:\n${output}`)));
      started.stdout?.on('data', text => {
        output += text;
        if (!isReady.test(output)) return;
        clearTimeout(tooLate);
        ready();
      });
    }).catch(async error => {
      await kill();
      throw error;
    });
  };

  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    kill,
    start,
    signal: signal => void child?.kill(signal),
    [Symbol.asyncDispose]: kill,
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
