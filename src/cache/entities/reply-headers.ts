import { isJsonObject, type Json } from '../../shared/json.ts';
import type { CacheEntry } from '../store/cache-store.ts';
import type { KeptReplyHeaders } from './fetch-caching.ts';

/** Of most values there are none. */
const NONE: KeptReplyHeaders = Object.freeze({});

/** Parts of an entry, behind the value. */
export function writeHeaders(headers: KeptReplyHeaders): readonly Buffer[] {
  return Object.keys(headers).length === 0 ? [] : [Buffer.from(JSON.stringify(headers))];
}

/** Null for what are none. */
export type ReadHeaders = (entry: Pick<CacheEntry, 'parts'>) => KeptReplyHeaders | null;

/** Reads those of many values, most of which came with the same reply: equal ones are read once, and are one object. */
export function createReadHeaders(): ReadHeaders {
  const known = new Map<string, KeptReplyHeaders | null>();
  return ({ parts }) => {
    if (parts[1] === undefined) return NONE;
    const text = parts[1].toString('utf8');
    let headers = known.get(text);
    if (headers === undefined) {
      headers = parseHeaders(text);
      known.set(text, headers);
    }
    return headers;
  };
}

function parseHeaders(text: string): KeptReplyHeaders | null {
  try {
    const headers = JSON.parse(text) as Json;
    return isJsonObject(headers) && Object.values(headers).every(isHeader)
      ? (headers as KeptReplyHeaders)
      : null;
  } catch {
    return null;
  }
}

function isHeader(value: Json | undefined): boolean {
  return Array.isArray(value) && value.every(one => typeof one === 'string');
}
