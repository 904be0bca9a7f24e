import { createKeyText } from '../../../src/identity/api-keys/key-text.ts';
import { type ApiKeyRecord, createRecord } from '../../../src/identity/api-keys/record.ts';

export const CREATED = Date.parse('2030-01-01T00:00:00.000Z');

interface MadeKey {
  readonly text: string;
  readonly record: ApiKeyRecord;
}

/** A key and its record. */
export function makeKey(said: Partial<ApiKeyRecord> = {}): MadeKey {
  const key = createKeyText();
  const facts = {
    subject: 'u-1',
    scopes: ['read:a', 'read:b'],
    roles: ['user'],
    tier: 'premium',
    tenant: 'acme',
    client: 'billing',
    persona: null,
    expiresAt: null,
  };
  return { text: key.text, record: { ...createRecord(key, facts, CREATED), ...said } };
}
