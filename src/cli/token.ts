import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../shared/clock.ts';
import { parseDuration } from '../shared/duration.ts';
import { CliError } from './cli-error.ts';

/** As the command takes them; lists are options that may be given several times. */
export interface TokenFlags {
  readonly sub: string;
  readonly persona?: string;
  readonly scope?: readonly string[];
  readonly role?: readonly string[];
  readonly permission?: readonly string[];
  readonly tier?: string;
  readonly tenant?: string;
  readonly client?: string;
  readonly expires: string;
  readonly claim?: readonly string[];
}

type Claims = Readonly<Record<string, unknown>>;

/** `weir token`: a token that the `weir dev` of this folder accepts, and nothing else on stdout. */
export async function token(flags: TokenFlags): Promise<void> {
  const given = claimsOf(flags, systemClock);
  // Loaded here only: a gateway in production does not even have it in memory.
  const [{ devKeyPair }, { mintToken }, { DEV_AUDIENCE, DEV_ISSUER }] = await Promise.all([
    import('./dev-identity/keys.ts'),
    import('./dev-identity/mint.ts'),
    import('./dev-identity/issuer.ts'),
  ]);
  const claims = { iss: DEV_ISSUER, aud: DEV_AUDIENCE, ...given };
  process.stdout.write(`${await mintToken(claims, await devKeyPair(process.cwd()))}\n`);
}

/** @throws CliError for a flag that makes no claim */
function claimsOf(flags: TokenFlags, clock: Clock): Claims {
  if (flags.sub === '') throw new CliError('--sub is empty: say who the token is for, as in --sub u-1');
  const now = Math.floor(clock.now() / 1_000);
  const scopes = flags.scope?.flatMap(text => text.split(/\s+/)).filter(scope => scope !== '');
  const claims = {
    sub: flags.sub,
    iat: now,
    exp: now + secondsOf(flags.expires),
    jti: randomUUID(),
    scope: scopes?.join(' '),
    roles: flags.role,
    permissions: flags.permission,
    tier: flags.tier,
    tenant: flags.tenant,
    persona: flags.persona,
    client_id: flags.client,
  };
  const given = Object.entries(claims).filter(([, value]) => value !== undefined);
  // Last, so that they win: a token that is wrong on purpose is worth having, too.
  return Object.fromEntries([...given, ...(flags.claim ?? []).map(readClaim)]);
}

function secondsOf(expires: string): number {
  try {
    const seconds = Math.ceil(parseDuration(expires) / 1_000);
    if (seconds === 0) throw new RangeError(`"${expires}" leaves no time to use the token`);
    return seconds;
  } catch (error) {
    throw new CliError(`--expires: ${(error as Error).message}`);
  }
}

function readClaim(text: string): [string, unknown] {
  const at = text.indexOf('=');
  if (at < 1) throw new CliError(`--claim ${text}: write name=json, as in --claim 'plan="gold"'`);
  const [name, json] = [text.slice(0, at), text.slice(at + 1)];
  try {
    return [name, JSON.parse(json)];
  } catch {
    const meant = JSON.stringify(json);
    throw new CliError(
      `--claim ${name}: ${json} is not JSON; a text needs quotes: --claim '${name}=${meant}'`,
    );
  }
}
