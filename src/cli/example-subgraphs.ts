import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Logger } from '../telemetry/logger.ts';
import { CliError } from './cli-error.ts';
import { packageRoot } from './package-root.ts';

const NAMES = ['users', 'orders', 'products'] as const;

// Run in the child before it: whatever way this process ends, the child must not keep its port. The channel
// is let go of, or it would keep a child alive that has been told to end.
const END_WITH_PARENT =
  'data:text/javascript,process.on("disconnect",()=>process.exit());process.channel.unref()';

const END_MS = 2_000;

/**
 * Starts the example subgraphs on the ports that supergraph.yaml names, each as a process of its own so that
 * one can be killed to see what the gateway makes of it.
 * @throws CliError when one does not come up; then none is left running.
 */
export async function startExampleSubgraphs(logger: Logger): Promise<AsyncDisposable> {
  const children = NAMES.map(name => ({ name, child: launch(name) }));
  const subgraphs = { [Symbol.asyncDispose]: () => endAll(children.map(({ child }) => child)) };
  try {
    await Promise.all(children.map(({ name, child }) => untilServing(name, child)));
  } catch (error) {
    await subgraphs[Symbol.asyncDispose]();
    throw error;
  }
  for (const { name, child } of children) {
    child.on('exit', (code, signal) => {
      if (!child.killed)
        logger.error({ code, signal }, `the subgraph ${name} has ended; the gateway goes on`);
    });
  }
  return subgraphs;
}

function launch(name: string): ChildProcess {
  const main = join(packageRoot(), 'dist', 'subgraphs', name, 'main.js');
  return spawn(process.execPath, ['--import', END_WITH_PARENT, '--enable-source-maps', main], {
    env: { ...process.env, SUBGRAPH_CHAOS: '1', PORT: '', HOST: '' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A group of its own: Ctrl-C in a terminal would else end the subgraphs under requests that still need them.
    detached: true,
  });
}

/** A subgraph prints one line when it listens. */
async function untilServing(name: string, child: ChildProcess): Promise<void> {
  const complaints: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', text => {
    // All of it is read, or the child would block; the start tells what went wrong.
    if (complaints.length < 50) complaints.push(text);
  });
  if (child.stdout === null) throw new TypeError('the output of a subgraph is not piped');
  const lines = createInterface(child.stdout);
  const ended = once(child, 'exit').then(([code]) => {
    throw new CliError(`the example subgraph ${name} did not start: ${reasonOf(complaints.join(''), code)}`);
  });
  await Promise.race([once(lines, 'line'), ended]);
  // The race is over; the end of a subgraph later on is a matter of the log.
  ended.catch(() => {});
}

function reasonOf(complaints: string, code: number | null): string {
  const taken = /EADDRINUSE: address already in use (\S+)/.exec(complaints)?.[1];
  if (taken !== undefined)
    return `${taken} is in use by another process (EADDRINUSE); perhaps by another \`weir dev\`, which is to be ended first`;
  return /^\w*Error: .*$/m.exec(complaints)?.[0] ?? `it ended with code ${code}`;
}

async function endAll(children: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    children.map(async child => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const insist = setTimeout(() => child.kill('SIGKILL'), END_MS);
      await exited;
      clearTimeout(insist);
    }),
  );
}
