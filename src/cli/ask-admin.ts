import { CliError } from './cli-error.ts';
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
  const admin = flags.admin === undefined ? await configuredAdmin(flags) : checkUrl(flags.admin);
  const response = await fetch(new URL(path, admin), {
    method,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  }).catch(cause => {
    throw new CliError(
      `no gateway answers at ${admin}; start one (its admin listener is \`admin.listen\`), or say where it is with --admin`,
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
async function configuredAdmin(flags: AdminFlags): Promise<string> {
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
