import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Environment, expandEnvironment } from '../../src/config/environment.ts';
import { gatewayConfig } from '../../src/config/gateway-config.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { resolvePersonas } from '../../src/config/resolve-personas.ts';
import { supergraphFile } from '../../src/config/supergraph-file.ts';
import { REPOSITORY } from '../support/start-cli.ts';

const pagesIn = (folder: string): readonly string[] =>
  readdirSync(join(REPOSITORY, folder))
    .filter(name => name.endsWith('.md'))
    .map(name => join(folder, name));

const PAGES = [
  'README.md',
  join('bench', 'README.md'),
  ...pagesIn('docs'),
  ...pagesIn(join('docs', 'decisions')),
];

const textOf = (page: string): string => readFileSync(join(REPOSITORY, page), 'utf8');
const proseOf = (page: string): string => textOf(page).replace(/^```[\s\S]*?^```/gm, '');

/** As GitHub makes them. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = [...proseOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  const plain = headings.map(heading => heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase());
  return new Set(plain.map(heading => heading.replace(/[^\w\- ]/g, '').replaceAll(' ', '-')));
}

function deadLinksOf(page: string): readonly string[] {
  const links = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links
    .filter(link => !/^https?:/.test(link))
    .filter(link => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : normalize(join(dirname(page), path));
      if (!existsSync(join(REPOSITORY, target))) return true;
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor);
    });
}

test.each(PAGES)('links of %s lead somewhere', page => {
  expect(deadLinksOf(page)).toEqual([]);
});

test('every page can be reached from the README', () => {
  const linked = new Set(
    [...textOf('README.md').matchAll(/\]\((docs\/[\w-]+\.md)/g)].map(([, page]) => page),
  );
  expect(pagesIn('docs').filter(page => !linked.has(page))).toEqual([]);
});

const ANYTHING = new Proxy({}, { get: () => 'x'.repeat(32) }) as Environment;

/** What an example is of, by a key that only such a file has. */
function check(example: string, page: string): void {
  const value = expandEnvironment(parse(example), ANYTHING, page) as Readonly<Record<string, unknown>>;
  if ('kind' in value) return;
  if ('federation_version' in value) parseConfig(supergraphFile, value, page);
  else resolvePersonas(parseConfig(gatewayConfig, value, page));
}

test.each(pagesIn('docs'))('examples of files in %s can be used', page => {
  for (const [, example = ''] of textOf(page).matchAll(/^```yaml\n([\s\S]*?)^```/gm)) check(example, page);
});
