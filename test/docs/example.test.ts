import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { toChaosPlan } from '../../subgraphs/shared/chaos-input.ts';
import { REPOSITORY } from '../support/start-cli.ts';

const read = (path: string): string => readFileSync(join(REPOSITORY, path), 'utf8');
const FIELDS = new Set(['Product.averageRating']);

/** What somebody would post to /chaos who follows the page. */
function chaosOf(page: string): readonly string[] {
  return [...page.matchAll(/\/chaos .*-d '([^']+)'/g)].map(([, body]) => body as string);
}

test('docs/example.md lists the keys of chaos, and no others', () => {
  const refusal = (): unknown => toChaosPlan({ nothing: 1 }, FIELDS);
  const listed = [...read('docs/example.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key as string);
  expect(refusal).toThrow(/known: /);
  for (const key of listed) expect(refusal).toThrow(new RegExp(`known: .*\\b${key}\\b`));
  expect(listed).toHaveLength(10);
});

test.each(['README.md', 'docs/example.md'])('the chaos in %s is taken', name => {
  const bodies = chaosOf(read(name));
  expect(bodies).not.toEqual([]);
  for (const body of bodies) expect(() => toChaosPlan(JSON.parse(body), FIELDS)).not.toThrow();
});
