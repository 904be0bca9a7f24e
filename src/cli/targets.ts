import { formatTimeLeft } from '../shared/format-time-left.ts';
import { type AdminFlags, askAdmin } from './ask-admin.ts';
import { printTable } from './print-table.ts';

interface TargetFlags extends AdminFlags {
  readonly json?: boolean;
}

interface ShownTarget {
  readonly subgraph: string;
  readonly variant: string;
  readonly url: string;
  readonly state: string;
  readonly outForMs: number;
  /** Null where nobody counts them. */
  readonly pending: number | null;
  readonly failures: { readonly requests: number; readonly probes: number } | null;
  /** Null: it is not switched off. */
  readonly off: { readonly reason: string; readonly forMs: number | null } | null;
}

interface Answer {
  readonly targets: readonly ShownTarget[];
}

/** `weir targets list`: where subgraphs are asked, and what gets no requests, as the gateway's admin listener says. */
export async function listTargets(flags: TargetFlags): Promise<void> {
  tell(await askAdmin(flags, { method: 'GET', path: '/targets' }, isAnswer), flags);
}

/** `weir targets restore`: an operator knows that it is well again. @param place a variant, or the URL or `host:port` of a target */
export async function restoreTargets(
  subgraph: string,
  place: string | undefined,
  flags: TargetFlags,
): Promise<void> {
  const named = place === undefined ? {} : place.includes(':') ? { target: place } : { variant: place };
  const body = { subgraph, ...named };
  tell(await askAdmin(flags, { method: 'POST', path: '/targets/restore', body }, isAnswer), flags);
}

function isAnswer(value: object): value is Answer {
  return Array.isArray((value as Partial<Answer>).targets);
}

function tell(answer: Answer, { json }: TargetFlags): void {
  process.stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : print(answer.targets));
}

function print(targets: readonly ShownTarget[]): string {
  const rows = targets.map(({ subgraph, variant, url, pending, failures, ...rest }) => [
    subgraph,
    variant,
    url,
    ...stateOf(rest),
    String(pending ?? ''),
    String(failures?.requests ?? ''),
    String(failures?.probes ?? ''),
  ]);
  const head = ['subgraph', 'variant', 'url', 'state', '', 'pending', 'failed', 'failed probes'];
  return `${printTable([head, ...rows]).join('\n')}\n`;
}

function stateOf({
  state,
  outForMs,
  off,
}: Pick<ShownTarget, 'state' | 'outForMs' | 'off'>): readonly [string, string] {
  if (off !== null) {
    const time = off.forMs === null ? 'for good' : `for ${formatTimeLeft(off.forMs)}`;
    return ['switched off', `${time}, by its ${off.reason}`];
  }
  return state === 'ejected' ? [state, `for ${formatTimeLeft(outForMs)}`] : [state, ''];
}
