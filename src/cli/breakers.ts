import { formatTimeLeft } from '../shared/format-time-left.ts';
import { type AdminFlags, askAdmin } from './ask-admin.ts';
import { printTable } from './print-table.ts';

interface ListFlags extends AdminFlags {
  readonly all?: boolean;
  readonly json?: boolean;
}

interface ForceFlags extends AdminFlags {
  readonly subgraph?: string;
  readonly for?: string;
  readonly json?: boolean;
}

interface ShownBreaker {
  readonly subgraph: string;
  readonly coordinate: string;
  readonly state: string;
  readonly retryAfterMs: number;
  readonly window: { readonly calls: number; readonly failures: number; readonly slow: number };
  readonly forced: { readonly to: string; readonly forMs: number } | null;
}

interface Answer {
  readonly breakers: readonly ShownBreaker[];
}

/** `weir breakers list`: which fields are not asked for, as the gateway's admin listener says. */
export async function listBreakers(flags: ListFlags): Promise<void> {
  const answer = await askAdmin(flags, { method: 'GET', path: '/breakers' }, isAnswer);
  const { breakers } = answer;
  const shown = flags.all
    ? breakers
    : breakers.filter(({ state, forced }) => state !== 'closed' || forced !== null);
  if (flags.json) process.stdout.write(`${JSON.stringify({ breakers: shown }, null, 2)}\n`);
  else if (shown.length === 0) process.stdout.write(`${breakers.length} breakers, all closed\n`);
  else process.stdout.write(print(shown));
}

/** `weir breakers open` and `weir breakers close`: an operator knows better, for a time. */
export function forceBreakers(to: 'open' | 'close') {
  return async (coordinate: string, flags: ForceFlags): Promise<void> => {
    const { subgraph, for: time = '5m' } = flags;
    const body = { coordinate, for: time, ...(subgraph === undefined ? {} : { subgraph }) };
    const answer = await askAdmin(flags, { method: 'POST', path: `/breakers/${to}`, body }, isAnswer);
    process.stdout.write(flags.json ? `${JSON.stringify(answer, null, 2)}\n` : print(answer.breakers));
  };
}

function isAnswer(value: object): value is Answer {
  return Array.isArray((value as Partial<Answer>).breakers);
}

function print(breakers: readonly ShownBreaker[]): string {
  const rows = breakers.map(({ subgraph, coordinate, state, retryAfterMs, window, forced }) => [
    subgraph,
    coordinate,
    forced === null ? state : `${forced.to} by hand`,
    forced !== null
      ? `for ${formatTimeLeft(forced.forMs)}`
      : state === 'open'
        ? `for ${formatTimeLeft(retryAfterMs)}`
        : '',
    `${window.failures}/${window.calls}`,
    String(window.slow),
  ]);
  return `${printTable([['subgraph', 'field', 'state', '', 'failed', 'slow'], ...rows]).join('\n')}\n`;
}
