#!/usr/bin/env node
import { Command } from 'commander';
import { start } from './cli/start.ts';

const program = new Command('weir');
program.command('start').option('--supergraph <file>').option('--listen <address>').action(start);
await program.parseAsync();
