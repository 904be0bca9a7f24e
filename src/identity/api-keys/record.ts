import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { keyId } from './key-text.ts';

/** Goes into headers to subgraphs and onto terminals, where a control character would be somebody's command. */
const word = z
  .string()
  .min(1, { error: 'is empty' })
  .max(256, { error: 'is longer than 256 characters' })
  .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u, { error: 'holds control characters' });

const MAX_WORDS = 100;
const words = z.array(word).max(MAX_WORDS, { error: `has more than ${MAX_WORDS} entries` });
/** Scopes travel as one text with spaces between. */
const scopes = z
  .array(word.regex(/^\S+$/, { error: 'holds a space' }))
  .max(MAX_WORDS, { error: `has more than ${MAX_WORDS} entries` });
const time = z.iso.datetime({ error: 'is not a time like 2030-01-31T00:00:00.000Z' });

/** What a key says about its holder. */
export const apiKeyFacts = z.strictObject({
  subject: word,
  scopes,
  roles: words,
  tier: word.nullable(),
  tenant: word.nullable(),
  client: word.nullable(),
  persona: word.nullable(),
  /** Null: never. */
  expiresAt: time.nullable(),
});

/** A key as it is kept: enough to recognise it, not enough to make it. */
export const apiKeyRecord = apiKeyFacts.extend({
  id: z.string().regex(keyId, { error: 'is not the id of a key' }),
  salt: z.string().regex(/^[0-9a-f]{32}$/, { error: 'is not 32 hex digits' }),
  hash: z.string().regex(/^[0-9a-f]{64}$/, { error: 'is not 64 hex digits' }),
  createdAt: time,
  revokedAt: time.nullable(),
});

export type ApiKeyFacts = z.output<typeof apiKeyFacts>;
export type ApiKeyRecord = z.output<typeof apiKeyRecord>;

export function createRecord(
  key: { id: string; text: string },
  facts: ApiKeyFacts,
  now: number,
): ApiKeyRecord {
  const salt = randomBytes(16).toString('hex');
  return {
    ...facts,
    id: key.id,
    salt,
    hash: hashKey(key.text, salt).toString('hex'),
    createdAt: new Date(now).toISOString(),
    revokedAt: null,
  };
}

/** Compared where no record is, so that an unknown id takes the work of a known one. No key has this hash. */
const NOBODY: Pick<ApiKeyRecord, 'salt' | 'hash'> = {
  salt: randomBytes(16).toString('hex'),
  hash: randomBytes(32).toString('hex'),
};

/** Whether a record is this key's. Takes the same time for every key and every record, or none. */
export function isKeyOf(text: string, record: ApiKeyRecord | null): record is ApiKeyRecord {
  const { salt, hash } = record ?? NOBODY;
  const equal = timingSafeEqual(hashKey(text, salt), Buffer.from(hash, 'hex'));
  return equal && record !== null;
}

/**
 * A fast hash on purpose. Slow ones make guessing passwords dear; 190 random bits are not guessed at any
 * speed, and a slow hash would let anybody keep the gateway busy with wrong keys. The salt makes equal secrets
 * look different. The whole key goes in, id included, so that a record's hash is of no use under another id.
 */
function hashKey(text: string, salt: string): Buffer {
  return createHmac('sha256', Buffer.from(salt, 'hex')).update(text).digest();
}
