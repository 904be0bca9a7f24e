import { GraphQLError, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { ConfigError } from '../../config/parse.ts';
import { sha256 } from '../../shared/hash.ts';
import { nestsDeeperThan } from '../../shared/nesting.ts';
import { quoted } from '../../shared/quoted.ts';
import { canonicalId, isHashOf, isSha256, MAX_ID_LENGTH } from './document-id.ts';
import { type ManifestEntry, manifestEntries } from './manifest-entries.ts';
import { MAX_DOCUMENT_LENGTH } from './normalise.ts';

/** A registered document. */
export interface PersistedDocument {
  /** In its canonical spelling. */
  readonly id: string;
  readonly text: string;
  /** Hex SHA-256 of the text. */
  readonly hash: string;
  /** The manifest that it is from. */
  readonly file: string;
}

export interface Manifest {
  readonly file: string;
  readonly documents: readonly PersistedDocument[];
}

export const MAX_MANIFEST_LENGTH = 32 * 1024 ** 2;
const MAX_DOCUMENTS = 10_000;
/** graphql's parser recurses, and so does all that walks a document. */
const MAX_NESTING = 500;
/** The rest of a manifest that is wrong throughout says nothing new. */
const MAX_PROBLEMS = 20;

/**
 * Reads a manifest in Apollo's format, or a map `{id: document}` as Relay writes it.
 * @param file for messages, and for the documents to remember where they are from.
 * @throws ConfigError naming file and document.
 */
export function readManifest(text: string, file: string): Manifest {
  if (text.length > MAX_MANIFEST_LENGTH) throw tooLarge(file);
  const entries = manifestEntries(text, file);
  if (entries.length > MAX_DOCUMENTS) {
    throw new ConfigError(file, [
      `has ${entries.length} documents; ${MAX_DOCUMENTS} are allowed, so split it`,
    ]);
  }
  const documents = new Map<string, PersistedDocument>();
  const problems: string[] = [];
  for (const entry of entries) {
    const id = canonicalId(entry.id);
    const problem = problemOf(entry) ?? conflict(documents.get(id), entry);
    if (problem === null) documents.set(id, documentOf(id, entry.body, file));
    else problems.push(`document ${quoted(entry.id)}${problem}`);
  }
  if (problems.length > 0) throw new ConfigError(file, shorten(problems));
  return Object.freeze({ file, documents: Object.freeze([...documents.values()]) });
}

export function tooLarge(file: string): ConfigError {
  return new ConfigError(file, [`is larger than ${MAX_MANIFEST_LENGTH} bytes; split it`]);
}

function documentOf(id: string, text: string, file: string): PersistedDocument {
  return Object.freeze({ id, text, hash: sha256(text), file });
}

function problemOf(entry: ManifestEntry): string | null {
  const { id, body } = entry;
  const claimed = canonicalId(id);
  if (id === '') return ': an id cannot be empty';
  if (id.length > MAX_ID_LENGTH) return `: the id is longer than ${MAX_ID_LENGTH} characters`;
  if (body.length > MAX_DOCUMENT_LENGTH) return `: is longer than ${MAX_DOCUMENT_LENGTH} characters`;
  if (isSha256(claimed) && !isHashOf(claimed, body)) {
    return `: the id is not the SHA-256 of the document, which is ${sha256(body)}`;
  }
  return nestsDeeperThan(body, MAX_NESTING) ? `: nests deeper than ${MAX_NESTING} levels` : misread(entry);
}

/** Why the body is no document with the operation that the manifest announces. */
function misread({ body, name, type }: ManifestEntry): string | null {
  const operations = operationsOf(body);
  if (operations instanceof GraphQLError) {
    const { line = 1, column = 1 } = operations.locations?.[0] ?? {};
    return `, line ${line}, column ${column}: ${operations.message}`;
  }
  if (operations.length === 0) return ': has no operation';
  const named = operations.filter(operation => name == null || operation.name?.value === name);
  if (named.length === 0) return `: has no operation named ${quoted(name ?? '')}, as the manifest says`;
  const fits = named.some(({ operation }) => type == null || operation === type);
  return fits ? null : `: is a ${named[0]?.operation}, and the manifest says ${type}`;
}

function operationsOf(text: string): readonly OperationDefinitionNode[] | GraphQLError {
  try {
    return parse(text).definitions.filter(definition => definition.kind === Kind.OPERATION_DEFINITION);
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}

function conflict(known: PersistedDocument | undefined, { body }: ManifestEntry): string | null {
  if (known === undefined || known.text === body) return null;
  return ': stands there twice, with different documents';
}

function shorten(problems: readonly string[]): readonly string[] {
  const rest = problems.length - MAX_PROBLEMS;
  return rest <= 0 ? problems : [...problems.slice(0, MAX_PROBLEMS), `and ${rest} more of this kind`];
}
