import { ConfigError } from '../config/parse.ts';
import { describeFailure } from '../shared/describe-failure.ts';
import { CliError } from './cli-error.ts';
import type { AdminTls } from './pinned-admin.ts';
import { readSettings } from './settings.ts';

export interface AdminFlags {
  /** URL of the admin listener. */
  readonly admin?: string;
  /** Configuration that says where it is. */
  readonly config?: string;
}

export interface AdminRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly body?: object;
}

const TIMEOUT_MS = 10_000;

/**
 * Asks a running gateway's admin listener. @param isAnswer tells what it answers from what anything else might
 * @throws CliError when nobody answers, or says no
 */
export async function askAdmin<T extends object>(
  flags: AdminFlags,
  { method, path, body }: AdminRequest,
  isAnswer: (value: object) => value is T,
): Promise<T> {
  const { admin, tls } =
    flags.admin === undefined ? await configuredAdmin(flags) : { admin: checkUrl(flags.admin), tls: null };
  const send = tls === null ? fetch : (await import('./pinned-admin.ts')).fetchPinned(tls);
  const response = await send(new URL(path, admin), {
    method,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  }).catch(cause => {
    if (cause instanceof ConfigError) throw cause;
    throw new CliError(
      `no gateway answers at ${admin} (${describeFailure(cause)}); start one (its admin listener is \`admin.listen\`), or say where it is with --admin`,
      cause,
    );
  });
  const answer: unknown = await response.json().catch(() => null);
  if (typeof answer === 'object' && answer !== null) {
    const { error } = answer as { readonly error?: unknown };
    if (typeof error === 'string') throw new CliError(error);
    if (response.ok && isAnswer(answer)) return answer;
  }
  throw new CliError(`what answers at ${admin} is no admin listener of weir (status ${response.status})`);
}

/** Where this folder's gateway lets its operators in, seen from the same machine. */
async function configuredAdmin(
  flags: AdminFlags,
): Promise<{ readonly admin: string; readonly tls: AdminTls | null }> {
  const { config, folder } = await readSettings(
    flags.config === undefined ? {} : { config: flags.config },
    process.env,
    'start',
  );
  const { listen, tls } = config.admin;
  const { host, port } = listen;
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const address = `${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
  return tls === undefined
    ? { admin: `http://${address}`, tls: null }
    : { admin: `https://${address}`, tls: { ...tls, folder } };
}

function checkUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:\/\//i.test(text))
    throw new CliError(`--admin: "${text}" is no URL; write it as in http://127.0.0.1:4010`);
  return text;
}
