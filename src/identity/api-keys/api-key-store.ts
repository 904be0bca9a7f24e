import type { ApiKeyRecord } from './record.ts';

/** Where API keys are kept. Each member throws when it cannot do its work; the message says why. */
export interface ApiKeyStore {
  /** Null for an id that is not there. Revoked and expired keys are. */
  find(id: string): Promise<ApiKeyRecord | null>;
  list(): Promise<readonly ApiKeyRecord[]>;
  /** @throws ApiKeyStoreError when the id is taken or the store is full. */
  add(record: ApiKeyRecord): Promise<void>;
  /** False for an id that is not there. A key stays revoked since the first time. */
  revoke(id: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Something about the keys that whoever runs the command can put right. */
export class ApiKeyStoreError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ApiKeyStoreError';
  }
}

export function idIsTaken(id: string): ApiKeyStoreError {
  return new ApiKeyStoreError(`there is an API key ${id} already; create another`);
}

/** Every key counts, revoked ones too. */
export function storeIsFull(where: string, most: number): ApiKeyStoreError {
  return new ApiKeyStoreError(
    `${where} holds as many API keys as it may, ${most}; remove revoked ones first`,
  );
}
