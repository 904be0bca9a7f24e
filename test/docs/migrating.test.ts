import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configKeys } from '../../src/config/describe-config.ts';
import { ELSEWHERE, NOWHERE } from '../../src/config/elsewhere.ts';
import { REPOSITORY } from '../support/start-cli.ts';

const page = readFileSync(join(REPOSITORY, 'docs/migrating.md'), 'utf8');
/** Without the head of the table. */
const rowsBelow = (heading: string): readonly (readonly string[])[] =>
  (page.split(`\n## ${heading}\n`)[1] ?? '')
    .split('\n## ', 1)
    .flatMap(section => section.split('\n'))
    .filter(line => line.startsWith('| '))
    .slice(1)
    .map(line => line.split('|').slice(1, 4));
/** Apollo Router's keys, Cosmo's, and ours. */
const ofRouters = rowsBelow('The configuration');
/** Hive Router's keys, Hive Gateway's, and ours. Those of the gateway are code, which nobody puts into a YAML file. */
const ofHive = rowsBelow('Hive');
const rows = [...ofRouters, ...ofHive];

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

test('whoever brings a key of the table along is told its place, or what there is instead', () => {
  const theirs = [
    ...ofRouters.flatMap(([apollo = '', cosmo = '']) => namesIn(`${apollo} ${cosmo}`)),
    ...ofHive.flatMap(([router = '']) => namesIn(router)),
  ];
  expect(ofHive.length).toBeGreaterThan(20);
  const roots = new Set(theirs.filter(name => /^[a-z][\w.<>*]*$/.test(name)).map(name => name.split('.')[0]));
  const known = new Set(configKeys().map(({ key }) => key));
  const untold = [...roots].filter(root => {
    const key = root as string;
    return !ELSEWHERE.has(key) && !NOWHERE.has(key) && !known.has(key);
  });
  expect(untold.toSorted()).toEqual(
    [
      // A word of the table: what each feature has.
      'propagate',
      'insert',
      'remove',
    ].toSorted(),
  );
});
