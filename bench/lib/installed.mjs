import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Path of something in this folder's own node_modules. */
export const installedPath = path => fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));

export const installedVersion = name =>
  JSON.parse(readFileSync(installedPath(`${name}/package.json`), 'utf8')).version;

/** @returns {string | undefined} why a package cannot be used */
export const missingPackage = name =>
  existsSync(installedPath(name)) ? undefined : `${name} is not installed (npm ci in bench/)`;
