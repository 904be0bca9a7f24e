import type { ApiKeysConfig } from '../../config/identity.ts';
import type { Caller } from '../../http/caller.ts';
import { sha256 } from '../../shared/hash.ts';
import { Lru } from '../../shared/lru.ts';
import type { ApiKeyVerifier } from '../ports.ts';
import { callerOfRecord } from './caller-of-record.ts';
import { idOfKey } from './key-text.ts';
import { createLookUp, expiryOf, type LookUpParts } from './look-up.ts';

interface VerifierParts extends LookUpParts {
  readonly config: Pick<ApiKeysConfig, 'cache' | 'cacheFor'>;
}

interface Remembered {
  readonly caller: Caller;
  readonly expiresAt: number;
  /** On the monotonic clock, ms. */
  readonly rememberedUntil: number;
}

/**
 * Checks keys against a store and remembers the good ones by their hash, so that no key lies about in memory.
 * A key that is remembered works without the store, at most for `cacheFor`; its expiry always counts.
 */
export function createApiKeyVerifier({ config, ...parts }: VerifierParts): ApiKeyVerifier {
  const { store, clock } = parts;
  const lookUp = createLookUp(parts);
  const remembered = new Lru<string, Remembered>(config.cache);
  const running = new Map<string, Promise<Caller>>();

  const recall = (hash: string): Caller | null => {
    const entry = remembered.get(hash);
    if (entry === undefined) return null;
    if (clock.elapsed() < entry.rememberedUntil && clock.now() < entry.expiresAt) return entry.caller;
    remembered.delete(hash);
    return null;
  };

  const ask = async (key: string, hash: string): Promise<Caller> => {
    // What is remembered is as old as the question: a key revoked while it is answered must not gain time.
    const rememberedUntil = clock.elapsed() + config.cacheFor;
    const record = await lookUp(key);
    const caller = callerOfRecord(record);
    remembered.set(hash, { caller, expiresAt: expiryOf(record), rememberedUntil });
    return caller;
  };

  return {
    known: key => (idOfKey(key) === null ? null : recall(sha256(key))),
    async verify(key) {
      // Refused before anything is made of it: it may be long.
      if (idOfKey(key) === null) return callerOfRecord(await lookUp(key));
      const hash = sha256(key);
      const caller = recall(hash);
      if (caller !== null) return caller;
      let asking = running.get(hash);
      if (asking === undefined) {
        asking = ask(key, hash).finally(() => running.delete(hash));
        running.set(hash, asking);
      }
      return asking;
    },
    close: () => store.close(),
  };
}
