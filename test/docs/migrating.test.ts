import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configKeys } from '../../src/config/describe-config.ts';
import { ELSEWHERE } from '../../src/config/elsewhere.ts';
import { REPOSITORY } from '../support/start-cli.ts';

const page = readFileSync(join(REPOSITORY, 'docs/migrating.md'), 'utf8');
const [, table = ''] = /\n## The configuration\n([\s\S]*?)\n## /.exec(page) ?? [];
/** Apollo Router's keys, Cosmo's, and ours; without the head of the table. */
const rows = table
  .split('\n')
  .filter(line => line.startsWith('| '))
  .slice(1)
  .map(line => line.split('|').slice(1, 4));

const namesIn = (cell: string): readonly string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string);

test('the table of docs/migrating.md names keys of gateway.yaml that there are', () => {
  const known = new Set(configKeys().map(({ key }) => key));
  const roots = new Set([...known].map(key => key.split('.')[0] as string));
  const named = rows
    .flatMap(([, , ours = '']) => namesIn(ours))
    .filter(name => /^[a-z][\w.<>]*$/i.test(name));
  const keys = named.filter(name => roots.has(name.split('.')[0] as string));
  expect(keys.length).toBeGreaterThan(30);
  const written = keys.map(key => key.replace(/^personas\.default\./, 'personas.<name>.'));
  expect(written.filter(key => !known.has(key))).toEqual([]);
});

test('whoever brings a key of the table along is told its place, or it has none in the file', () => {
  const theirs = rows.flatMap(([apollo = '', cosmo = '']) => namesIn(`${apollo} ${cosmo}`));
  const roots = new Set(theirs.filter(name => /^[a-z][\w.<>*]*$/.test(name)).map(name => name.split('.')[0]));
  const known = new Set(configKeys().map(({ key }) => key));
  const untold = [...roots].filter(root => {
    const isKnown = ELSEWHERE.has(root as string) || known.has(root as string);
    return !isKnown;
  });
  expect(untold.toSorted()).toEqual(
    [
      // Nothing to set: it is always so.
      'csrf',
      'engine',
      // Paths that are fixed.
      'liveness_check_path',
      'readiness_check_path',
      // Not served, or done in another way.
      'coprocessor',
      'events',
      'modules',
      'plugins',
      'rhai',
      'subscription',
      'websocket',
      // A word of the table: what each feature has.
      'propagate',
      'insert',
      'remove',
      'redis',
    ].toSorted(),
  );
});
