import { CliError } from './cli-error.ts';
import { readSettings } from './settings.ts';

interface LimitsFlags {
  readonly subject?: string;
  readonly apiKey?: string;
  readonly ip?: string;
  readonly client?: string;
  readonly tenant?: string;
  readonly persona?: string;
  readonly tier?: string;
  readonly limit?: string;
  /** Each NAME=VALUE. */
  readonly header?: readonly string[];
  /** Each PATH=VALUE. */
  readonly arg?: readonly string[];
  readonly admin?: string;
  readonly config?: string;
  readonly json?: boolean;
}

interface ShownLimit {
  readonly id: string;
  readonly by: readonly string[];
  readonly algorithm: string;
  readonly limit: number;
  readonly window: string;
  readonly remaining: number;
  readonly resetAfterMs: number;
  readonly shadow: boolean;
}

interface Answer {
  readonly error?: string;
  readonly limits?: readonly ShownLimit[];
  readonly reset?: readonly string[];
  readonly unknown?: readonly { readonly limit: string; readonly needs: readonly string[] }[];
}

const TIMEOUT_MS = 10_000;

/** `weir limits show`: what a caller has left of each limit, as the gateway's admin listener says. */
export async function showLimits(flags: LimitsFlags): Promise<void> {
  const answer = await askGateway('GET', flags);
  process.stdout.write(flags.json ? `${JSON.stringify(answer, null, 2)}\n` : printLimits(answer));
}

/** `weir limits reset`: makes a caller's buckets full. */
export async function resetLimits(flags: LimitsFlags): Promise<void> {
  const answer = await askGateway('DELETE', flags);
  const { reset = [] } = answer;
  const text = [`full again: ${reset.join(', ')}`, ...linesOfUnknown(answer), ''].join('\n');
  process.stdout.write(flags.json ? `${JSON.stringify(answer, null, 2)}\n` : text);
}

async function askGateway(method: 'GET' | 'DELETE', flags: LimitsFlags): Promise<Answer> {
  const admin = flags.admin === undefined ? await configuredAdmin(flags) : checkUrl(flags.admin);
  const url = new URL('/limits', admin);
  url.search = parametersOf(flags).toString();
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { method, signal }).catch(cause => {
    throw new CliError(
      `no gateway answers at ${admin}; start one (its admin listener is \`admin.listen\`), or say where it is with --admin`,
      cause,
    );
  });
  const answer = await response.json().then(asAnswer, () => null);
  if (answer === null || (!response.ok && answer.error === undefined))
    throw new CliError(`what answers at ${admin} is no admin listener of weir (status ${response.status})`);
  if (answer.error !== undefined) throw new CliError(answer.error);
  return answer;
}

function asAnswer(value: unknown): Answer | null {
  if (typeof value !== 'object' || value === null) return null;
  const { error, limits, reset } = value as Record<string, unknown>;
  const isKnown = typeof error === 'string' || Array.isArray(limits) || Array.isArray(reset);
  return isKnown ? (value as Answer) : null;
}

/** Where this folder's gateway lets its operators in, seen from the same machine. */
async function configuredAdmin(flags: LimitsFlags): Promise<string> {
  const { config } = await readSettings(
    flags.config === undefined ? {} : { config: flags.config },
    process.env,
    'start',
  );
  const { host, port } = config.admin.listen;
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}

function checkUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:\/\//i.test(text))
    throw new CliError(`--admin: "${text}" is no URL; write it as in http://127.0.0.1:4010`);
  return text;
}

function parametersOf(flags: LimitsFlags): URLSearchParams {
  const { subject, apiKey, ip, client, tenant, persona, tier, limit, header = [], arg = [] } = flags;
  const parameters = new URLSearchParams();
  const named = { subject, 'api-key': apiKey, ip, client, tenant, persona, tier, limit };
  for (const [name, value] of Object.entries(named)) if (value !== undefined) parameters.append(name, value);
  for (const [kind, pairs] of Object.entries({ header, arg })) {
    for (const pair of pairs) {
      const at = pair.indexOf('=');
      if (at < 1) throw new CliError(`--${kind} ${pair}: write NAME=VALUE`);
      parameters.append(`${kind}.${pair.slice(0, at)}`, pair.slice(at + 1));
    }
  }
  return parameters;
}

function printLimits(answer: Answer): string {
  const rows = (answer.limits ?? []).map(
    ({ id, by, limit, window, algorithm, remaining, resetAfterMs, shadow }) => [
      id,
      by.length === 0 ? 'everybody' : by.join(' + '),
      `${limit}/${window}${shadow ? ' (shadow)' : ''}`,
      algorithm,
      String(remaining),
      resetAfterMs === 0 ? 'full' : `in ${Math.ceil(resetAfterMs / 1_000)} s`,
    ],
  );
  const table = [['limit', 'by', 'allows', 'algorithm', 'left', 'full again'], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map(row => row[column]?.length ?? 0))) ?? [];
  const lines = table.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const shown = rows.length === 0 ? ['no limit is known to apply'] : lines;
  return [...shown, ...linesOfUnknown(answer), ''].join('\n');
}

function linesOfUnknown({ unknown = [] }: Answer): readonly string[] {
  return unknown.map(({ limit, needs }) => `${limit}: not known without ${needs.map(flagOf).join(' ')}`);
}

/** As the command takes what the listener calls `header.x` or `ip`. */
function flagOf(parameter: string): string {
  const [kind = '', ...name] = parameter.split('.');
  return name.length === 0 ? `--${kind} …` : `--${kind} ${name.join('.')}=…`;
}
