import { type AdminFlags, askAdmin } from './ask-admin.ts';
import { CliError } from './cli-error.ts';
import { printTable } from './print-table.ts';

interface LimitsFlags extends AdminFlags {
  readonly subject?: string;
  readonly issuer?: string;
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
  readonly limits?: readonly ShownLimit[];
  readonly reset?: readonly string[];
  readonly unknown?: readonly { readonly limit: string; readonly needs: readonly string[] }[];
}

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

function askGateway(method: 'GET' | 'DELETE', flags: LimitsFlags): Promise<Answer> {
  return askAdmin(flags, { method, path: `/limits?${parametersOf(flags)}` }, isAnswer);
}

function isAnswer(value: object): value is Answer {
  const { limits, reset } = value as Record<string, unknown>;
  return Array.isArray(limits) || Array.isArray(reset);
}

function parametersOf(flags: LimitsFlags): URLSearchParams {
  const { subject, issuer, apiKey, ip, client, tenant, persona, tier, limit, header = [], arg = [] } = flags;
  const parameters = new URLSearchParams();
  const named = { subject, issuer, 'api-key': apiKey, ip, client, tenant, persona, tier, limit };
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
  const shown = rows.length === 0 ? ['no limit is known to apply'] : printTable(table);
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
