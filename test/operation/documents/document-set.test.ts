import { truncate } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { createDocumentSet, loadDocumentSet } from '../../../src/operation/documents/document-set.ts';
import { readManifest } from '../../../src/operation/documents/read-manifest.ts';
import { sha256 } from '../../../src/shared/hash.ts';
import { startOwnTime } from '../../support/own-time.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { apollo, setOf } from './manifests.ts';

const ME = 'query Me {\n  me { id, name } # who\n}';
const set = setOf({ me: ME, two: '{ two }' });

test('a document is found by its id and by its hash, in any spelling', () => {
  for (const id of ['me', sha256(ME), sha256(ME).toUpperCase(), `sha256:${sha256(ME)}`]) {
    expect(set.byId(id)?.text).toBe(ME);
  }
  expect(set.byHash(sha256(ME))?.id).toBe('me');
  expect(set.byHash('me')).toBeUndefined();
  expect(set.byId('toString')).toBeUndefined();
});

describe('by its text a document is found', () => {
  test.each([
    ME,
    'query Me { me { id name } }',
    '#\r\n,,query\tMe{me{id,name}},',
    '\ufeffquery Me{me{id name}}',
  ])('as %j', text => {
    expect(set.byText(text)?.id).toBe('me');
  });

  test.each([
    'query Me { me { name id } }',
    'query Me { me { id } }',
    'query Me { me { idname } }',
    'query Me { me { id name } } query B { b }',
    'query me { me { id name } }',
    'query Me { me { id name } ',
    'query Me { me { id name } } "',
    '',
  ])('but not as %#: %.60j', text => {
    expect(set.byText(text)).toBeUndefined();
  });
});

test('the exact text goes before one that differs in what is ignored', () => {
  const both = setOf({ a: '{ me }', b: '{me}' });
  expect(both.byText('{ me }')?.id).toBe('a');
  expect(both.byText('{me}')?.id).toBe('b');
  expect(both.byText('{  me  }')?.id).toBe('a');
});

test('layout may make a text longer, but not as long as a client likes', () => {
  expect(set.byText(`${ME}${' '.repeat(4_000)}`)?.id).toBe('me');
  expect(set.byText(`${ME}${' '.repeat(5_000)}`)).toBeUndefined();
  const long = `{ a(s: "${'x'.repeat(250_000)}") }`;
  const large = setOf({ long });
  expect(large.byText(`${long}${' '.repeat(10_000)}`)?.id).toBe('long');
  expect(large.byText(`${long}${' '.repeat(20_000)}`)).toBeUndefined();
});

test('looking for a text takes time in proportion to its length', () => {
  const large = setOf({ long: `{ a } #${'x'.repeat(262_000)}` });
  const timeOf = (text: string): number => {
    using time = startOwnTime();
    for (let round = 0; round < 5; round++) expect(large.byText(text)).toBeUndefined();
    return time.ms;
  };
  const bombs = ['{ a(x: "', '#', '"""', '{'.repeat(2), '\\', '. '];
  for (const bomb of bombs) {
    const text = bomb.repeat(Math.floor(262_144 / bomb.length));
    // Quadratic time would be minutes.
    expect(timeOf(text)).toBeLessThan(2_000);
  }
});

test('a set is frozen and iterates over its documents', () => {
  expect([...set].map(({ id }) => id)).toEqual(['me', 'two']);
  expect(set.size).toBe(2);
  expect(Object.isFrozen(set)).toBe(true);
});

test('files of both formats become one set, relative to a folder', async () => {
  await using folder = await temporaryFolder({
    'one.json': apollo({ id: 'a', body: '{ a }' }, { id: 'b', body: '{ b }' }),
    'deep/two.json': JSON.stringify({ b: '{ b }', c: '{ c }' }),
  });
  const loaded = await loadDocumentSet(['one.json', `${folder.path}/deep/two.json`], folder.path);
  expect([...loaded].map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  expect(loaded.byId('c')?.file).toBe(`${folder.path}/deep/two.json`);
});

test('two manifests with different documents under one id are refused, and both are named', () => {
  const one = readManifest('{"a":"{ a }"}', 'one.json');
  const two = readManifest('{"a":"{ b }"}', 'two.json');
  expect(() => createDocumentSet([one, two])).toThrow(/two\.json.*"a".*one\.json/);
});

describe('a manifest that cannot be read is told with its path:', () => {
  test('it is not there', async () => {
    await using folder = await temporaryFolder();
    await expect(loadDocumentSet(['none.json'], folder.path)).rejects.toThrow(
      `${folder.path}/none.json (documents.manifests) cannot be used: there is no such file (ENOENT)`,
    );
  });

  test('it is a folder', async () => {
    await using folder = await temporaryFolder({ 'm.json/x': '' });
    await expect(loadDocumentSet(['m.json'], folder.path)).rejects.toThrow(/m\.json.*it is a folder/);
  });

  test('it is too large, and that before it is read', async () => {
    await using folder = await temporaryFolder({ 'm.json': '' });
    // Without content on disk, and more than Node would read.
    await truncate(`${folder.path}/m.json`, 3 * 1024 ** 3);
    await expect(loadDocumentSet(['m.json'], folder.path)).rejects.toThrow(/m\.json.*larger/);
  });
});
