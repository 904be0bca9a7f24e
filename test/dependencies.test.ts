import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';

interface LockedPackage {
  readonly engines?: { readonly node?: string };
  readonly hasInstallScript?: boolean;
  readonly optional?: boolean;
}

const root = join(import.meta.dirname, '..');
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Readonly<Record<string, LockedPackage>>;
};
// It has no types of its own, and one call does not earn another dependency.
const { satisfies } = createRequire(import.meta.url)('semver') as {
  satisfies(version: string, range: string): boolean;
};

test('every dependency runs on the oldest Node that is supported', () => {
  const unfit = Object.entries(packages)
    .filter(([, { engines }]) => engines?.node !== undefined && !satisfies('20.19.0', engines.node))
    .map(([name, { engines }]) => `${name} wants ${engines?.node}`);
  expect(unfit).toEqual([]);
});

test('no dependency runs a script at installation, but for two that only print', () => {
  const scripted = Object.entries(packages)
    .filter(([name, { hasInstallScript, optional }]) => name !== '' && hasInstallScript === true && !optional)
    .map(([name]) => name.replace('node_modules/', ''));
  // Both compare version numbers in a package.json and warn.
  expect(scripted).toEqual(['@apollo/protobufjs', 'protobufjs']);
});
