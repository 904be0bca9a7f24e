import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { ConfigError } from '../../config/parse.ts';
import { describeFailure } from '../../shared/describe-failure.ts';
import { decodeUtf8 } from '../../shared/read-text-file.ts';
import { canonicalId } from './document-id.ts';
import { longestLayout, MAX_DOCUMENT_LENGTH, normalise } from './normalise.ts';
import {
  MAX_MANIFEST_LENGTH,
  type Manifest,
  type PersistedDocument,
  readManifest,
  tooLarge,
} from './read-manifest.ts';

/** The registered documents of one persona. Iterates over them, once for each id. */
export interface DocumentSet extends Iterable<PersistedDocument> {
  /** Number of ids. */
  readonly size: number;
  /** By the id of a manifest, or else by the SHA-256 of the registered text, with or without `sha256:`. */
  byId(id: string): PersistedDocument | undefined;
  /** By hex SHA-256 of the exact registered text. */
  byHash(hash: string): PersistedDocument | undefined;
  /** By text: the registered one to the character, or one that differs in what GraphQL ignores. Linear time. */
  byText(text: string): PersistedDocument | undefined;
}

/**
 * Reads manifests from files.
 * @param folder what relative names start from.
 * @throws ConfigError naming file and place, when one cannot be read or two disagree about an id.
 */
export async function loadDocumentSet(files: readonly string[], folder: string): Promise<DocumentSet> {
  const manifests: Manifest[] = [];
  for (const name of files) {
    const file = isAbsolute(name) ? name : join(folder, name);
    manifests.push(readManifest(await readBounded(file), file));
  }
  return createDocumentSet(manifests);
}

/** @throws ConfigError when two manifests have different documents under one id. */
export function createDocumentSet(manifests: readonly Manifest[]): DocumentSet {
  const ids = new Map<string, PersistedDocument>();
  for (const document of manifests.flatMap(({ documents }) => documents)) {
    const known = ids.get(document.id);
    if (known === undefined) ids.set(document.id, document);
    else if (known.text !== document.text) throw disagreement(document, known);
  }
  const hashes = new Map<string, PersistedDocument>();
  const normalForms = new Map<string, PersistedDocument>();
  for (const document of ids.values()) {
    const form = normalise(document.text, MAX_DOCUMENT_LENGTH);
    if (!hashes.has(document.hash)) hashes.set(document.hash, document);
    if (form !== null && !normalForms.has(form)) normalForms.set(form, document);
  }
  const texts = new Map([...hashes.values()].map(document => [document.text, document]));
  const longest = [...texts.keys()].reduce((length, text) => Math.max(length, text.length), 0);
  const maxLength = longestLayout(longest);
  return Object.freeze({
    size: ids.size,
    byId(id: string) {
      const canonical = canonicalId(id);
      return ids.get(canonical) ?? hashes.get(canonical);
    },
    byHash: (hash: string) => hashes.get(hash),
    byText(text: string) {
      const exact = texts.get(text);
      if (exact !== undefined || ids.size === 0) return exact;
      const form = normalise(text, maxLength);
      return form === null ? undefined : normalForms.get(form);
    },
    [Symbol.iterator]: () => ids.values(),
  });
}

function disagreement({ id, file }: PersistedDocument, other: PersistedDocument): ConfigError {
  return new ConfigError(file, [
    `document ${JSON.stringify(id)}: ${other.file} has another document under this id`,
  ]);
}

/** The size is asked for first: what is too large need not be in memory to be refused. */
async function readBounded(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > MAX_MANIFEST_LENGTH) throw tooLarge(file);
    return decodeUtf8(await readFile(file));
  } catch (error) {
    throw error instanceof ConfigError
      ? error
      : new ConfigError(`${file} (documents.manifests)`, [describeFailure(error)]);
  }
}
