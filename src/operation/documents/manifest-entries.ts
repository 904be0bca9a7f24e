import { z } from 'zod';
import { ConfigError, parseConfig } from '../../config/parse.ts';

/** A document as a manifest has it, before anything but its shape has been looked at. */
export interface ManifestEntry {
  readonly id: string;
  readonly body: string;
  /** What the manifest says of the operation; only Apollo's format does. */
  readonly name?: string | null | undefined;
  readonly type?: string | null | undefined;
}

/** https://www.apollographql.com/docs/graphos/platform/security/persisted-queries#manifest-format */
const apolloManifest = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(
    z.object({
      id: z.string(),
      body: z.string(),
      name: z.string().nullish(),
      type: z.enum(['query', 'mutation', 'subscription']).nullish(),
    }),
  ),
});

/** What relay-compiler writes, and others with hashes for keys: `{id: document}`. */
const documentMap = z.record(z.string(), z.string({ error: 'is not the text of a document' }), {
  error: 'is no manifest: neither Apollo\'s {"format", "version", "operations"} nor a map {"id": "document"}',
});

const STRING = String.raw`"[^"\\]*(?:\\.[^"\\]*)*"`;
const PAIR = String.raw`\s*(${STRING})\s*:\s*(${STRING})\s*[,}]`;

/** @throws ConfigError when the text is no manifest of a known format. */
export function manifestEntries(text: string, file: string): readonly ManifestEntry[] {
  const value = parseJson(text, file);
  if (isApolloManifest(value)) return parseConfig(apolloManifest, value, file).operations;
  return Object.keys(parseConfig(documentMap, value, file)).length === 0 ? [] : pairsOf(text, file);
}

/** By its own keys, so that a wrong version is told as that, and not as a map of odd documents. */
function isApolloManifest(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if ('operations' in value && Array.isArray(value.operations)) return true;
  return 'version' in value && typeof value.version !== 'string';
}

/** `JSON.parse` keeps the last of equal keys, and with it a conflict of two documents would go unseen. */
function pairsOf(json: string, file: string): readonly ManifestEntry[] {
  const pair = new RegExp(PAIR, 'y');
  const entries: ManifestEntry[] = [];
  let end = json.indexOf('{') + 1;
  pair.lastIndex = end;
  for (let match = pair.exec(json); match !== null; match = pair.exec(json)) {
    const [, id = '""', body = '""'] = match;
    entries.push({ id: JSON.parse(id) as string, body: JSON.parse(body) as string });
    end = pair.lastIndex;
  }
  if (end === json.trimEnd().length) return entries;
  throw new ConfigError(file, ['an id stands there twice, once without the text of a document']);
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { message } = cause as Error;
    const [, position] = /at position (\d+)/.exec(message) ?? [];
    const before = position === undefined ? null : text.slice(0, Number(position)).split('\n');
    const place =
      before === null ? '' : `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}: `;
    throw new ConfigError(file, [`${place}is not JSON: ${message}`]);
  }
}
