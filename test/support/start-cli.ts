import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunningCli extends AsyncDisposable {
  readonly process: ChildProcess;
  /** Everything written so far. */
  readonly output: { readonly stdout: string; readonly stderr: string };
  /** Resolves with all of stdout once the text has appeared there; rejects when the process ends before. */
  said(text: string | RegExp): Promise<string>;
  /** Resolves with the exit code. */
  ended(): Promise<number | null>;
}

export const REPOSITORY = resolve(import.meta.dirname, '../..');
const MAIN = resolve(REPOSITORY, 'dist/src/main.js');

/** Runs the built command as a process of its own. */
export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  return startProcess([MAIN, ...args], options);
}

export interface FinishedCli {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command to its end. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<FinishedCli> {
  await using cli = startCli(args, options);
  const code = await cli.ended();
  return { code, ...cli.output };
}

/** Runs a script with Node, and ends it with the test. */
export function startProcess(args: readonly string[], { cwd, env = {} }: CliOptions): RunningCli {
  const child = spawn(process.execPath, args, {
    cwd: cwd ?? REPOSITORY,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', text => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', text => {
    output.stderr += text;
  });
  const closed = once(child, 'close').then(([code]) => code as number | null);
  return {
    process: child,
    output,
    said: text =>
      new Promise((done, fail) => {
        const look = (): void => {
          const found = typeof text === 'string' ? output.stdout.includes(text) : text.test(output.stdout);
          if (found) done(output.stdout);
        };
        child.stdout.on('data', look);
        closed.then(code => fail(new Error(`ended with ${code}: ${output.stdout}${output.stderr}`)), fail);
        look();
      }),
    ended: () => closed,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await closed;
    },
  };
}
