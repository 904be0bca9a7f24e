import type { IntrospectionConfig } from '../../config/identity.ts';
import { GatewayError } from '../../errors.ts';
import type { Caller } from '../../http/caller.ts';
import type { Json, JsonObject } from '../../shared/json.ts';
import { createCaller } from '../caller.ts';
import { readClaims } from '../read-claims.ts';

export interface Accepted {
  readonly accepted: true;
  readonly caller: Caller;
  /** Wall time, ms; infinite when the answer does not say. */
  readonly expiresAt: number;
}

export type Verdict = Accepted | { readonly accepted: false; readonly reason: string };

/** Clocks differ: a token that was issued this moment must not be refused for it. */
const LEEWAY_MS = 30_000;

/**
 * What an answer (RFC 7662, 2.2) means at a wall time, ms. Only the boolean `true` is active.
 * @throws Error when a member is not what the RFC says it is; such an answer says nothing.
 */
export function readAnswer(answer: JsonObject, config: IntrospectionConfig, now: number): Verdict {
  const { active, ...claims } = answer;
  if (active !== true) return { accepted: false, reason: 'The token is not active. Get a new one.' };
  const expiresAt = timeOf(claims, 'exp') ?? Number.POSITIVE_INFINITY;
  if (now >= expiresAt) return { accepted: false, reason: 'The token has expired. Get a new one.' };
  if (now + LEEWAY_MS < (timeOf(claims, 'nbf') ?? 0)) {
    return { accepted: false, reason: 'The token is not valid yet.' };
  }
  if (config.audiences !== undefined && !audiencesOf(claims['aud']).some(isOneOf(config.audiences))) {
    return { accepted: false, reason: 'The token is not meant for this service.' };
  }
  return accept(claims, config, expiresAt);
}

function accept(claims: JsonObject, config: IntrospectionConfig, expiresAt: number): Verdict {
  try {
    const facts = readClaims(claims, config.claims);
    const caller = createCaller({ kind: 'introspection', ...facts, claims: Object.freeze(claims) });
    return { accepted: true, caller, expiresAt };
  } catch (error) {
    // A claim with a value that cannot be used; asking again would not change it.
    if (error instanceof GatewayError) return { accepted: false, reason: error.message };
    throw error;
  }
}

function timeOf(claims: JsonObject, name: 'exp' | 'nbf'): number | undefined {
  const seconds = claims[name] ?? undefined;
  if (seconds === undefined) return undefined;
  if (typeof seconds !== 'number') throw new Error(`its answer has an ${name} that is not a number`);
  return seconds * 1_000;
}

function audiencesOf(aud: Json | undefined): readonly Json[] {
  return Array.isArray(aud) ? aud : aud === undefined ? [] : [aud];
}

function isOneOf(names: readonly string[]): (value: Json) => boolean {
  return value => typeof value === 'string' && names.includes(value);
}
