import { writeFile } from 'node:fs/promises';
import { describeFailure } from '../shared/describe-failure.ts';
import { supergraphYamlFile } from '../supergraph/supergraph-source.ts';
import { CliError } from './cli-error.ts';
import { usualSupergraph } from './settings.ts';

interface ComposeFlags {
  readonly supergraph?: string;
  /** As Rover calls it. */
  readonly config?: string;
  readonly out?: string;
}

/** `weir compose`: the supergraph SDL and nothing else on stdout; hints on stderr. */
export async function compose({ supergraph, config, out }: ComposeFlags): Promise<void> {
  if (supergraph !== undefined && config !== undefined)
    throw new CliError('--supergraph and --config say the same; leave one of them out');
  const path = supergraph ?? config ?? usualSupergraph();
  if (/\.(graphqls?|gql)$/i.test(path))
    throw new CliError(`${path} is SDL; what composes is a supergraph.yaml, which names subgraphs`);
  const { outcome } = await supergraphYamlFile(path, process.env).read();
  if (outcome.kind === 'failed') throw outcome.error;
  for (const warning of outcome.warnings) process.stderr.write(`warning: ${warning}\n`);
  for (const hint of outcome.hints) process.stderr.write(`hint: ${hint}\n`);
  const sdl = outcome.sdl.endsWith('\n') ? outcome.sdl : `${outcome.sdl}\n`;
  if (out === undefined) {
    process.stdout.write(sdl);
    return;
  }
  await writeFile(out, sdl).catch(cause => {
    throw new CliError(`${out} cannot be written: ${describeFailure(cause)}`, cause);
  });
}
