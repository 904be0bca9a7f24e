import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { startExample } from '../support/start-example.ts';
import { graphqlRequest } from '../support/start-gateway.ts';

const PAGE = readFileSync(resolve(import.meta.dirname, '../../docs/rate-limits.md'), 'utf8');

test('what the page on rate limits has to paste holds in the example', async () => {
  const [, pasted = ''] = /```yaml\n(tiers:[\s\S]*?)```/.exec(PAGE) ?? [];
  await using example = await startExample(parse(pasted));
  const ask = () => example.gateway.handle(graphqlRequest({ query: '{ orders { id } }' }));
  const policies: unknown[] = [];
  for (let time = 0; time < 21; time++) {
    const { status, headers } = await ask();
    policies.push([status, headers.get('ratelimit-policy')]);
  }
  expect(policies.at(-2)).toEqual([200, '"strangers";q=20;w=60']);
  expect(policies.at(-1)).toEqual([429, '"strangers";q=20;w=60']);
});
