import { open, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { fingerprint } from '../../src/shared/fingerprint.ts';
import { watchFiles } from '../../src/shared/watch-files.ts';
import { PATIENCE } from '../support/patience.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What is said about one file, with the content that is found then. */
async function followed(path: string) {
  const said: string[] = [];
  const watch = watchFiles(async () => void said.push(await fingerprint(path)));
  watch.follow(new Map([[path, await fingerprint(path)]]));
  return { said, [Symbol.dispose]: () => watch.close() };
}

test('a file that is emptied and then written is told about once, when it is written', async () => {
  await using folder = await temporaryFolder({ 'a.yaml': 'before', 'witness.yaml': 'before' });
  const path = join(folder.path, 'a.yaml');
  using file = await followed(path);
  using witness = await followed(join(folder.path, 'witness.yaml'));
  const handle = await open(path, 'w');
  await folder.write('witness.yaml', 'after');
  // Whoever is told of the witness would have been told of the empty file as well.
  await vi.waitFor(() => expect(witness.said).toHaveLength(1), PATIENCE);
  await handle.writeFile('after');
  await handle.close();
  await vi.waitFor(() => expect(file.said).not.toEqual([]), PATIENCE);
  expect(file.said).toEqual([await fingerprint(path)]);
});

test('a file that stays empty is told about', async () => {
  await using folder = await temporaryFolder({ 'a.yaml': 'before' });
  using file = await followed(join(folder.path, 'a.yaml'));
  await folder.write('a.yaml', '');
  await vi.waitFor(() => expect(file.said).toHaveLength(1), PATIENCE);
});

test.each([
  ['the file is a link, as in a mounted ConfigMap', 'a.yaml'],
  ['its folder is a link', 'schemas/a.yaml'],
])('content that is replaced by changing a link in the middle is told about: %s', async (_title, name) => {
  await using folder = await temporaryFolder({
    [`..2026_1/${name}`]: 'before',
    [`..2026_2/${name}`]: 'after',
  });
  const inFolder = (entry: string): string => join(folder.path, entry);
  const [entry = ''] = name.split('/');
  await symlink('..2026_1', inFolder('..data'));
  await symlink(`..data/${entry}`, inFolder(entry));
  using file = await followed(inFolder(name));
  // As the kubelet does it: a new link beside the old one, renamed over it.
  await symlink('..2026_2', inFolder('..data_tmp'));
  await rename(inFolder('..data_tmp'), inFolder('..data'));
  const after = await fingerprint(inFolder(name));
  await vi.waitFor(() => expect(file.said).toEqual([after]), PATIENCE);
  // And back, to a file that is older.
  await symlink('..2026_1', inFolder('..data_tmp'));
  await rename(inFolder('..data_tmp'), inFolder('..data'));
  const before = await fingerprint(inFolder(name));
  await vi.waitFor(() => expect(file.said).toEqual([after, before]), PATIENCE);
});

test('a file in a folder that goes and comes again is told about, though the watch was on the folder before', async () => {
  await using folder = await temporaryFolder({ 'schemas/a.yaml': 'before' });
  const path = join(folder.path, 'schemas/a.yaml');
  using file = await followed(path);
  await rm(join(folder.path, 'schemas'), { recursive: true });
  await vi.waitFor(() => expect(file.said).toEqual(['']), PATIENCE);
  await folder.write('schemas/a.yaml', 'after');
  const after = await fingerprint(path);
  await vi.waitFor(() => expect(file.said).toEqual(['', after]), PATIENCE);
  await folder.write('schemas/a.yaml', 'later');
  await vi.waitFor(() => expect(file.said).toHaveLength(3), PATIENCE);
});
