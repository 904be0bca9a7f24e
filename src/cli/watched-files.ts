import { readdir } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { fingerprint } from '../shared/fingerprint.ts';
import type { Settings } from './settings.ts';

const MODULES: readonly string[] = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];

/** In a folder with more files than this, the rules are not what it is for. */
const MAX_MODULES = 50;

/**
 * What a gateway of these settings is built from besides the supergraph, with fingerprints: the configuration, the
 * manifests, the rules and the modules beside them, which rules may import.
 */
export async function watchedFiles(
  configFile: string,
  settings: Pick<Settings, 'config' | 'folder'>,
): Promise<ReadonlyMap<string, string>> {
  const { config, folder } = settings;
  const manifests = Object.values(config.personas).flatMap(({ documents }) => documents?.manifests ?? []);
  const { rules } = config.policy.authorization;
  const modules = rules === undefined ? [] : await modulesBeside(resolve(folder, rules));
  const known = new Map<string, string>();
  for (const file of [configFile, ...manifests.map(name => resolve(folder, name)), ...modules]) {
    known.set(file, await fingerprint(file));
  }
  return known;
}

async function modulesBeside(file: string): Promise<readonly string[]> {
  const folder = dirname(file);
  // A folder that is not there is no matter of this function: the rules will be missed soon enough.
  const names = await readdir(folder).catch(() => []);
  const modules = names.filter(name => MODULES.includes(extname(name))).map(name => join(folder, name));
  return modules.length > MAX_MODULES ? [file] : [...new Set([file, ...modules])];
}
