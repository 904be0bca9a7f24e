import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { ConfigSource } from '../config/config-source.ts';
import type { Environment } from '../config/environment.ts';
import { type GatewayConfig, gatewayConfig } from '../config/gateway-config.ts';
import { readYaml, type YamlFile } from '../config/load.ts';
import { ConfigError, parseConfig, toldOf } from '../config/parse.ts';
import { resolvePersonas } from '../config/resolve-personas.ts';
import { isRecord } from '../shared/is-record.ts';
import { type ListenAddress, parseListenAddress } from '../shared/listen-address.ts';
import {
  type SupergraphSource,
  supergraphSdlFile,
  supergraphYamlFile,
} from '../supergraph/supergraph-source.ts';
import type { Logger } from '../telemetry/logger.ts';
import { CliError } from './cli-error.ts';
import type { DevProvider } from './dev-identity/provider.ts';

/** As the commands take them. */
export interface GatewayFlags {
  readonly supergraph?: string;
  readonly config?: string;
  readonly listen?: string;
}

export interface Settings {
  readonly config: GatewayConfig;
  /** Null when there is no config file. */
  readonly configPath: string | null;
  /** Of the config, for errors. */
  readonly source: ConfigSource;
  /** That files named in the config are relative to. */
  readonly folder: string;
  /** A config file that is there and not read, as SDL is served and nobody names it. */
  readonly unread: string | null;
  /** Whether operators get a listener. */
  readonly hasAdmin: boolean;
}

/** Served where no other is named. */
export const DEFAULT_SUPERGRAPH = 'supergraph.yaml';
export const DEFAULT_CONFIG = 'gateway.yaml';

/** @param flag that names another. @throws CliError when it is not there */
export function usualSupergraph(): string {
  if (existsSync(DEFAULT_SUPERGRAPH)) return DEFAULT_SUPERGRAPH;
  throw new CliError(
    `there is no ${DEFAULT_SUPERGRAPH} in this folder; write one that names your subgraphs (docs/composition.md), or say with --supergraph which to take`,
  );
}

const NO_FILE: YamlFile = { value: {}, source: { name: 'the settings', lineOf: () => null } };

/** What `weir dev` insists on, whatever the file says: it is for the eyes of whoever writes the schema. */
const FOR_DEVELOPMENT = {
  server: { graphiql: true, shutdown: { grace: '0ms', drain: '2s' } },
  operation: { introspection: true },
  execution: { subgraphs: { all: { errors: { exposeMessages: true } } } },
};

/** Who keeps rules and limits in that file would go without them, and not know it. */
export function warnOfUnread({ unread }: Settings, logger: Logger): void {
  if (unread !== null)
    logger.warn({}, `./${unread} is not read for a supergraph of SDL; name it with --config`);
}

/** Whether the settings are those of `weir dev`, which brings a provider of tokens along. */
export type Mode = 'start' | { readonly devProvider: DevProvider };

/** Some of a configuration, before it is checked. */
type Layer = Readonly<Record<string, unknown>>;

/** A file of YAML is composed; any other holds the SDL of a supergraph. */
export function isComposed(path: string): boolean {
  return /\.ya?ml$/i.test(path);
}

/** @throws CliError where none is named and there is none by the usual name either */
export function sourceOf(named: string | undefined, env: Environment): SupergraphSource {
  const path = named ?? usualSupergraph();
  if (/^https?:/i.test(path))
    throw new CliError(
      `${path} is a URL; write it into a supergraph.yaml, as in supergraph: { url: ${path} }`,
    );
  return isComposed(path) ? supergraphYamlFile(path, env) : supergraphSdlFile(path);
}

/**
 * The config of a gateway from its file and flags. A plain supergraph SDL needs no file and looks for none:
 * what is served depends on the command alone.
 * @throws ConfigError or CliError
 */
export async function readSettings(flags: GatewayFlags, env: Environment, mode: Mode): Promise<Settings> {
  const composed = isComposed(flags.supergraph ?? DEFAULT_SUPERGRAPH);
  const found = existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : null;
  const configPath = flags.config ?? (composed ? found : null);
  const file = configPath === null ? NO_FILE : await readYaml(configPath, env, gatewayConfig);
  const { value: written, source } = file;
  const layers: Layer[] = [];
  if (mode !== 'start') layers.push(FOR_DEVELOPMENT, withProvider(written, mode.devProvider));
  if (configPath === null && !composed) layers.push({ operation: { introspection: true } });
  if (flags.listen !== undefined) layers.push({ server: { listen: checkListen(flags.listen) } });
  const config = parseConfig(gatewayConfig, layers.reduce<unknown>(overlay, written), source);
  checkPersonas(config, source);
  const hasAdmin = composed || mode !== 'start' || (isRecord(written) && 'admin' in written);
  if (hasAdmin && isSameAddress(config.server.listen, config.admin.listen))
    throw new ConfigError(source, [
      'admin.listen: is that of server.listen, too; give each a port of its own',
    ]);
  return {
    config,
    configPath,
    source,
    unread: configPath === null ? found : null,
    folder: configPath === null ? process.cwd() : dirname(resolve(configPath)),
    hasAdmin,
  };
}

/** They say what is wrong with each other only when they are put together. */
function checkPersonas(config: GatewayConfig, source: ConfigSource): void {
  try {
    resolvePersonas(config);
  } catch (error) {
    throw toldOf(error, source);
  }
}

/** Port 0 is another one each time. */
function isSameAddress(one: ListenAddress, other: ListenAddress): boolean {
  return one.port !== 0 && one.port === other.port && one.host === other.host;
}

function checkListen(text: string): string {
  try {
    parseListenAddress(text);
    return text;
  } catch (error) {
    throw new CliError(`--listen: ${(error as Error).message}`);
  }
}

/** The providers that are written, and one more; it is the only one of its name. */
function withProvider(written: unknown, provider: DevProvider): Layer {
  const providers = at(at(at(written, 'identity'), 'jwt'), 'providers') ?? [];
  // Left for the schema to complain of, as is an `identity` that is no object.
  if (!Array.isArray(providers)) return {};
  const others = providers.filter(other => at(other, 'issuer') !== provider.issuer);
  return { identity: { jwt: { providers: [...others, provider] } } };
}

function at(value: unknown, key: string): unknown {
  return isRecord(value) ? value[key] : undefined;
}

/** Objects are joined key by key; anything else in the upper layer replaces what lies below. */
function overlay(below: unknown, above: unknown): unknown {
  // What is not an object is left for the schema to complain of.
  if (!isRecord(above) || !isRecord(below)) return below === undefined || isRecord(below) ? above : below;
  const joined: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    joined[key] = isRecord(value) ? overlay(below[key], value) : value;
  }
  return joined;
}
