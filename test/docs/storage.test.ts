import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { expandEnvironment } from '../../src/config/environment.ts';
import { gatewayConfig } from '../../src/config/gateway-config.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { REPOSITORY } from '../support/start-cli.ts';

test('what the page on Redis declares can be written so', () => {
  const page = readFileSync(join(REPOSITORY, 'docs/storage.md'), 'utf8');
  const examples = [...page.matchAll(/```yaml\n([^`]*)```/g)].map(([, text = '']) => text);
  const secrets = { REDIS_PASSWORD: 'sesame', SENTINEL_PASSWORD: 'mellon' };
  const parsed = examples.map(text =>
    parseConfig(gatewayConfig, expandEnvironment(parse(text), secrets, 'docs/storage.md'), 'docs/storage.md'),
  );
  const declared = parsed.flatMap(({ storage }) => Object.keys(storage.redis ?? {}));
  expect(declared).toEqual(expect.arrayContaining(['url', 'cluster', 'sentinel', 'tls']));
});
