import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of this package; found by going up, as it is not equally far from source and from the build. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('There is no package.json above the command.');
    folder = parent;
  }
  return folder;
}

export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
  return String(version);
}

/** Whether a file is the one that came with the package, whatever path leads to it. */
export function isPackageFile(path: string, name: string): boolean {
  const own = join(packageRoot(), name);
  return existsSync(path) && existsSync(own) && realpathSync(path) === realpathSync(own);
}
