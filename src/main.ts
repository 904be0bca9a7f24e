#!/usr/bin/env node
import { Command } from 'commander';
import { failureText } from './cli/cli-error.ts';
import { dev } from './cli/dev.ts';
import { packageVersion } from './cli/package-root.ts';
import { start } from './cli/start.ts';

const program = new Command('weir')
  .description('A GraphQL federation gateway: compose, plan and serve a supergraph.')
  .version(packageVersion());

program
  .command('dev')
  .description('serve ./supergraph.yaml with GraphiQL, and reload it when a file changes')
  .option('--supergraph <file>', 'a supergraph.yaml, or the SDL of a composed supergraph')
  .option('--config <file>', 'the gateway configuration; ./gateway.yaml if there is one')
  .option('--listen <host:port>', 'where clients reach the gateway')
  .action(dev);

program
  .command('start')
  .description('serve a supergraph')
  .option('--supergraph <file>', 'a supergraph.yaml, or the SDL of a composed supergraph')
  .option('--config <file>', 'the gateway configuration; ./gateway.yaml if there is one')
  .option('--listen <host:port>', 'where clients reach the gateway')
  .action(start);

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(failureText(error));
  process.exit(1);
}
