// `npm run docs`: writes what is generated from the config schema. A test fails when it is stale.
import './build-if-stale.mjs';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const docs = join(dirname(dirname(fileURLToPath(import.meta.url))), 'docs');
const { configJsonSchema, configTable } = await import('../dist/src/config/describe-config.js');

const page = join(docs, 'configuration.md');
const generated = /(<!-- generated -->\n)[\s\S]*?(<!-- \/generated -->)/;
writeFileSync(
  page,
  readFileSync(page, 'utf8').replace(generated, (_, start, end) => `${start}${configTable()}\n${end}`),
);
writeFileSync(join(docs, 'gateway.schema.json'), `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
