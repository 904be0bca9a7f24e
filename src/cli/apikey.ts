import { dirname, resolve } from 'node:path';
import { gatewayConfig } from '../config/gateway-config.ts';
import type { ApiKeysConfig } from '../config/identity.ts';
import { loadYaml } from '../config/load.ts';
import type { RedisConfig } from '../config/storage.ts';
import { openRedis } from '../gateway/open-redis.ts';
import type { ApiKeyStore } from '../identity/api-keys/api-key-store.ts';
import { createKeyText, idOfKey, keyId } from '../identity/api-keys/key-text.ts';
import { openApiKeyStore } from '../identity/api-keys/open-store.ts';
import {
  type ApiKeyFacts,
  type ApiKeyRecord,
  apiKeyFacts,
  createRecord,
} from '../identity/api-keys/record.ts';
import { systemClock } from '../shared/clock.ts';
import { parseDuration } from '../shared/duration.ts';
import { formatDuration } from '../shared/format-duration.ts';
import type { RedisStorage } from '../storage/redis.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { CliError } from './cli-error.ts';
import { DEFAULT_CONFIG } from './settings.ts';

interface ConfigFlag {
  readonly config?: string;
}

interface CreateFlags extends ConfigFlag {
  readonly sub: string;
  readonly scope?: readonly string[];
  readonly role?: readonly string[];
  readonly tier?: string;
  readonly tenant?: string;
  readonly client?: string;
  readonly persona?: string;
  readonly expires?: string;
}

/** A person waits for the answer. */
const REDIS_PATIENCE_MS = 5_000;

/** `weir apikey create`: the key and nothing else on stdout, once; it cannot be shown again. */
export async function createApiKey(flags: CreateFlags): Promise<void> {
  const now = systemClock.now();
  const facts = readFacts(flags, now);
  const key = createKeyText();
  await withStore(flags, async store => {
    await store.add(createRecord(key, facts, now));
  });
  process.stdout.write(`${key.text}\n`);
  const lasts =
    facts.expiresAt === null
      ? 'It never expires; --expires 90d would have made one that does.'
      : `It expires at ${facts.expiresAt}.`;
  process.stderr.write(`This is API key ${key.id}. Keep it now: it is not shown again. ${lasts}\n`);
}

/** `weir apikey list`: one line a key, oldest first. */
export async function listApiKeys(flags: ConfigFlag): Promise<void> {
  await withStore(flags, async store => {
    const records = [...(await store.list())].sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
    const now = systemClock.now();
    process.stdout.write(table([HEADINGS, ...records.map(record => rowOf(record, now))]));
  });
}

/** `weir apikey revoke`. */
export async function revokeApiKey(id: string, flags: ConfigFlag): Promise<void> {
  if (idOfKey(id) !== null) {
    throw new CliError('that is a whole API key; give its id only, the part between the underscores');
  }
  if (!keyId.test(id)) throw new CliError('that is not the id of an API key; "weir apikey list" shows them');
  await withStore(flags, async (store, { cacheFor }) => {
    if (!(await store.revoke(id))) {
      throw new CliError(`there is no API key ${id}; "weir apikey list" shows which there are`);
    }
    process.stderr.write(
      `API key ${id} is revoked. A gateway that has just checked it takes it for ${formatDuration(cacheFor)} more.\n`,
    );
  });
}

type Work = (store: ApiKeyStore, config: ApiKeysConfig) => Promise<void>;

/** @throws ConfigError or CliError when the configuration does not say where keys are. */
async function withStore({ config: path = DEFAULT_CONFIG }: ConfigFlag, work: Work): Promise<void> {
  const { identity, storage } = await loadYaml(gatewayConfig, path, process.env);
  const config = identity.apiKeys;
  if (config === undefined) {
    throw new CliError(
      `${path} does not say where API keys are kept; add identity.apiKeys.file, or identity.apiKeys.redis: true`,
    );
  }
  const folder = dirname(resolve(path));
  const redis = config.redis && storage.redis !== undefined ? await reachRedis(storage.redis, folder) : null;
  const logger = createLogger('silent');
  try {
    const store = await openApiKeyStore({ config, redis, folder, clock: systemClock, logger });
    await work(store, config);
    await store.close();
  } finally {
    await redis?.close();
  }
}

async function reachRedis(config: RedisConfig, folder: string): Promise<RedisStorage> {
  const logger = createLogger('silent');
  const redis = await openRedis(config, { folder, logger, metrics: createMetrics(), clock: systemClock });
  try {
    await redis.ready(REDIS_PATIENCE_MS);
    return redis;
  } catch (error) {
    await redis.close();
    throw error;
  }
}

/** @throws CliError naming the flag that cannot be used. */
function readFacts(flags: CreateFlags, now: number): ApiKeyFacts {
  const { sub, scope = [], role = [], tier = null, tenant = null, client = null, persona = null } = flags;
  const result = apiKeyFacts.safeParse({
    subject: sub,
    scopes: [...new Set(scope.flatMap(text => text.split(/\s+/)).filter(text => text !== ''))],
    roles: [...new Set(role)],
    tier,
    tenant,
    client,
    persona,
    expiresAt: flags.expires === undefined ? null : readExpiry(flags.expires, now),
  });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const name = String(issue?.path[0] ?? '');
  throw new CliError(`--${FLAG_OF[name] ?? name} ${issue?.message}`);
}

const FLAG_OF: Readonly<Record<string, string>> = { subject: 'sub', scopes: 'scope', roles: 'role' };

function readExpiry(text: string, now: number): string {
  const ms = readDuration(text);
  const at = new Date(now + ms);
  if (ms <= 0 || Number.isNaN(at.getTime()) || at.getUTCFullYear() > 9999) {
    throw new CliError(`--expires: "${text}" ends at no time that a key could`);
  }
  return at.toISOString();
}

function readDuration(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new CliError(`--expires: ${(error as Error).message}`);
  }
}

const HEADINGS = ['id', 'subject', 'tier', 'scopes', 'client', 'expires', 'state'];

function rowOf(record: ApiKeyRecord, now: number): readonly string[] {
  const { id, subject, tier, scopes, client, expiresAt } = record;
  return [
    id,
    subject,
    tier ?? '-',
    scopes.join(' ') || '-',
    client ?? '-',
    expiresAt ?? 'never',
    stateOf(record, now),
  ];
}

function stateOf({ revokedAt, expiresAt }: ApiKeyRecord, now: number): string {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && Date.parse(expiresAt) <= now ? 'expired' : 'active';
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = HEADINGS.map((_, column) =>
    rows.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0),
  );
  return rows
    .map(
      row =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
