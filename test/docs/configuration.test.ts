import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configJsonSchema, configKeys, configTable } from '../../src/config/describe-config.ts';
import { REPOSITORY } from '../support/start-cli.ts';

const read = (name: string): string => readFileSync(join(REPOSITORY, name), 'utf8');

test('docs/configuration.md has the table of all keys; if not, run "npm run docs"', () => {
  expect(read('docs/configuration.md')).toContain(
    `<!-- generated -->\n${configTable()}\n<!-- /generated -->`,
  );
});

test('docs/gateway.schema.json is the schema; if not, run "npm run docs"', () => {
  expect(JSON.parse(read('docs/gateway.schema.json'))).toEqual(
    JSON.parse(JSON.stringify(configJsonSchema())),
  );
});

test('every key says what it means', () => {
  expect(configKeys().filter(({ meaning }) => meaning === '')).toEqual([]);
});
