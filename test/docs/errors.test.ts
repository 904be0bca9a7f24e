import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ERROR_CATALOGUE } from '../../src/errors.ts';
import { REPOSITORY } from '../support/start-cli.ts';

test('docs/errors.md lists the codes of the catalogue with their status, and no others', () => {
  const page = readFileSync(join(REPOSITORY, 'docs/errors.md'), 'utf8');
  const [, own = ''] = /## Weir's codes([\s\S]*?)\n## /.exec(page) ?? [];
  const listed = Object.fromEntries(
    [...own.matchAll(/^\| `(\w+)` \| (\d+) /gm)].map(([, code, status]) => [code, Number(status)]),
  );
  const known = Object.entries(ERROR_CATALOGUE).map(([code, { status }]) => [code, status]);
  expect(listed).toEqual(Object.fromEntries(known));
});
