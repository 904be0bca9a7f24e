import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Reads subgraphs/<name>/schema.graphql. The compiler does not copy it beside the compiled module, so the
 * search starts at this module and goes up to the package root, which is the same from source and from dist.
 */
export function readSchemaFile(name: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('no package.json above the subgraphs');
    folder = parent;
  }
  return readFileSync(join(folder, 'subgraphs', name, 'schema.graphql'), 'utf8');
}
