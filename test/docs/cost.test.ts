import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { estimateOf, modelOf } from '../policy/cost/costing.ts';

const PAGE = readFileSync(resolve(import.meta.dirname, '../../docs/cost.md'), 'utf8');

describe('docs/cost.md', () => {
  const [, schema = ''] = /```graphql\n(type Query[\s\S]*?)```/.exec(PAGE) ?? [];
  const rows = [...PAGE.matchAll(/^\| `(.+?)` \| (?:`(.+?)`)? ?\| (\d+) \|/gm)];
  const model = modelOf(schema);

  test('has examples', () => {
    expect(rows.length).toBeGreaterThanOrEqual(20);
  });

  test.each(rows.map(([, query = '', variables = '{}', cost]) => [query, variables, Number(cost)] as const))(
    '%s with %s costs %i',
    (query, variables, cost) => {
      expect(estimateOf(model, query, JSON.parse(variables))).toBe(cost);
    },
  );
});
