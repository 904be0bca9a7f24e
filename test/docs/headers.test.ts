import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { gatewayConfig } from '../../src/config/gateway-config.ts';
import { objectionToRequest, objectionToResponse } from '../../src/config/header-names.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { REPOSITORY } from '../support/start-cli.ts';

const page = readFileSync(join(REPOSITORY, 'docs/headers.md'), 'utf8');

test('the examples of docs/headers.md can be used', () => {
  const examples = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text]) => text as string);
  expect(examples).toHaveLength(2);
  for (const example of examples) parseConfig(gatewayConfig, parse(example), 'docs/headers.md');
});

test('no rule can name what docs/headers.md says that none can', () => {
  const rows = [...page.matchAll(/^\| (the gateway's own.*?|of one message.*?) \| (.*) \|$/gm)];
  expect(rows).toHaveLength(3);
  for (const [, title = '', cell = ''] of rows) {
    const names = [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => (name as string).replace('…', 'x'));
    const isOfRequests = !title.includes('to clients');
    const isOfResponses = !title.includes('to subgraphs');
    for (const name of names) {
      if (isOfRequests) expect([name, objectionToRequest(name)]).not.toEqual([name, null]);
      if (isOfResponses) expect([name, objectionToResponse(name)]).not.toEqual([name, null]);
    }
  }
});
