import { nearest } from '../shared/nearest.ts';
import { CONFIGURATION } from './config-source.ts';
import type { CostCeiling } from './cost.ts';
import type { GatewayConfig } from './gateway-config.ts';
import { ConfigError } from './parse.ts';
import type { PersonaConfig, PersonasConfig } from './personas.ts';
import type { QuotaConfig } from './rate-limit.ts';

type Whole<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> };

/** An audience with everything settled: its own settings, those it inherits, and those of the gateway. */
export interface Persona {
  /** Null for the one that serves everybody when none is configured. */
  readonly name: string | null;
  readonly match: Whole<NonNullable<PersonaConfig['match']>>;
  readonly requires: Whole<NonNullable<PersonaConfig['requires']>>;
  /** Both empty: the whole schema. */
  readonly contract: Whole<NonNullable<PersonaConfig['contract']>>;
  readonly documents: Whole<NonNullable<PersonaConfig['documents']>>;
  readonly introspection: boolean;
  readonly explain: boolean;
  /** Null: no limit. */
  readonly limits: {
    readonly depth: number | null;
    readonly aliases: number | null;
    readonly rootFields: number | null;
    readonly directives: number | null;
    readonly fragments: number | null;
    readonly tokens: number;
    /** Null: no batches. */
    readonly batch: number | null;
  };
  /** What it says itself; the tier of a caller and `policy.cost` have a say, too. */
  readonly cost: CostCeiling & { readonly show: boolean };
  /** Null: no limit of its own. */
  readonly rateLimit: QuotaConfig | null;
  /** ms. */
  readonly deadline: number;
  readonly priority: number;
  readonly cache: {
    /** What lifetimes are multiplied by. */
    readonly maxAge: number;
    readonly disabled: boolean;
  };
  readonly response: {
    readonly omitNulls: boolean;
    /** ms; null: nobody may keep answers. */
    readonly maxAge: number | null;
  };
  readonly audit: boolean;
}

/** Settings of this one hold for all others. */
const BASE = 'default';

const MAY_NAME_UNKNOWN: readonly string[] = ['free', 'log-unknown'];

/**
 * The personas in the order in which they are written, with inheritance resolved. Without any there is one,
 * without a name, for everybody.
 * @throws ConfigError naming each persona that cannot work.
 */
export function resolvePersonas(config: GatewayConfig): readonly Persona[] {
  const { personas } = config;
  const names = Object.keys(personas);
  if (names.length === 0) return [complete(null, { match: { default: true } }, config)];
  const problems = names.flatMap(name => problemsOfChain(name, personas));
  if (problems.length > 0) throw new ConfigError(CONFIGURATION, problems);
  const resolved = names.map(name => complete(name, flatten(name, personas), config));
  const hasDefault = resolved.some(({ match }) => match.default);
  const served = resolved.flatMap(persona => {
    if (persona.name !== BASE || matchesSomebody(persona)) return [persona];
    // Who writes `default` and makes no other persona the default means it for everybody else.
    return hasDefault ? [] : [{ ...persona, match: { ...persona.match, default: true } }];
  });
  const wrong = [...served.flatMap(problemsOf), ...severalDefaults(served)];
  if (wrong.length > 0) throw new ConfigError(CONFIGURATION, wrong);
  return served;
}

function problemsOfChain(name: string, personas: PersonasConfig): readonly string[] {
  if (name === BASE && personas[name]?.extends !== undefined)
    return [
      `personas.${name}.extends: what ${name} says holds for all others, so it can extend none of them`,
    ];
  const seen = [name];
  for (let at = personas[name]?.extends; at !== undefined; at = personas[at]?.extends) {
    if (!Object.hasOwn(personas, at)) {
      const known = nearest(at, Object.keys(personas));
      const hint =
        known === undefined ? `there are ${Object.keys(personas).join(', ')}` : `did you mean "${known}"?`;
      return [`personas.${seen.at(-1)}.extends: there is no persona "${at}"; ${hint}`];
    }
    if (seen.includes(at))
      return [`personas.${name}.extends: goes in a circle: ${[...seen, at].join(' → ')}`];
    seen.push(at);
  }
  return [];
}

/** What a persona says itself, over what the one it extends says, over `default`. */
function flatten(name: string, personas: PersonasConfig): PersonaConfig {
  const own = personas[name] ?? {};
  const above = own.extends ?? (name === BASE ? undefined : BASE);
  if (above === undefined || !Object.hasOwn(personas, above)) return own;
  const { match: _, ...inherited } = flatten(above, personas);
  const joined: Record<string, unknown> = { ...inherited };
  for (const [key, value] of Object.entries(own)) {
    if (value === undefined) continue;
    const isGroup = typeof value === 'object' && !Array.isArray(value) && key !== 'match';
    joined[key] = isGroup ? { ...(joined[key] as object | undefined), ...value } : value;
  }
  return joined;
}

function complete(name: string | null, given: PersonaConfig, config: GatewayConfig): Persona {
  const { match, requires, contract, documents, limits, cache, response } = given;
  const mode = documents?.mode ?? 'free';
  return {
    name,
    match: { claims: match?.claims ?? {}, clients: match?.clients ?? [], default: match?.default ?? false },
    requires: {
      authenticated: requires?.authenticated ?? false,
      roles: requires?.roles ?? [],
      scopes: requires?.scopes ?? [],
    },
    contract: { includeTags: contract?.includeTags ?? [], excludeTags: contract?.excludeTags ?? [] },
    documents: {
      mode,
      manifests: documents?.manifests ?? [],
      // A plain gateway has nothing on that was not asked for.
      apq: documents?.apq ?? (name !== null && MAY_NAME_UNKNOWN.includes(mode)),
    },
    introspection: given.introspection ?? config.operation.introspection,
    explain: given.explain ?? false,
    limits: {
      depth: limits?.depth ?? null,
      aliases: limits?.aliases ?? null,
      rootFields: limits?.rootFields ?? null,
      directives: limits?.directives ?? null,
      fragments: limits?.fragments ?? null,
      tokens: limits?.tokens ?? config.operation.maxTokens,
      batch: limits?.batch ?? config.server.batching?.maxOperations ?? null,
    },
    cost: { ...given.cost, show: given.cost?.show ?? false },
    rateLimit: given.rateLimit ?? null,
    deadline: given.deadline ?? config.execution.deadline,
    priority: given.priority ?? 50,
    cache: { maxAge: cache?.maxAge ?? 1, disabled: cache?.disabled ?? false },
    response: { omitNulls: response?.omitNulls ?? false, maxAge: response?.maxAge ?? null },
    audit: given.audit ?? false,
  };
}

function matchesSomebody({ match }: Persona): boolean {
  return match.default || match.clients.length > 0 || Object.keys(match.claims).length > 0;
}

function problemsOf({ name, documents }: Persona): readonly string[] {
  const { mode, manifests, apq } = documents;
  const isClosed = !MAY_NAME_UNKNOWN.includes(mode);
  const problems: string[] = [];
  if (isClosed && manifests.length === 0)
    problems.push(
      `personas.${name}.documents: ${mode} without manifests would refuse every operation; name a manifest`,
    );
  if (isClosed && apq)
    problems.push(
      `personas.${name}.documents.apq: clients cannot register documents where the mode is ${mode}`,
    );
  return problems;
}

function severalDefaults(personas: readonly Persona[]): readonly string[] {
  const [first, ...others] = personas.filter(({ match }) => match.default);
  return others.map(
    ({ name }) => `personas.${name}.match.default: ${first?.name} is the default already; there can be one`,
  );
}

/** As long as a request of any of them may take, ms. */
export function longestDeadline(personas: readonly Persona[]): number {
  return Math.max(...personas.map(({ deadline }) => deadline));
}
