import { open } from 'node:fs/promises';
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
