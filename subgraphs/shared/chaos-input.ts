import { RefusedRequest } from './read-json.ts';

/** What goes wrong with a request that is hit; a field can only fail (`status`) or `hang`. */
export type Fault = 'status' | 'hang' | 'garbage' | 'truncated' | 'reset' | 'wrongShape';

/** The body of POST /chaos. */
export interface ChaosInput {
  /** Milliseconds before the answer, 0 to 60,000. */
  readonly latency?: number;
  /** The share of requests that the fault hits, 0 to 1; without a fault they fail by status 500. */
  readonly errorRate?: number;
  /** Answer with this HTTP status, 400 to 599. */
  readonly status?: number;
  /** Never answer. */
  readonly hang?: boolean;
  /** Answer 200 with text that is not JSON. */
  readonly garbage?: boolean;
  /** Promise the whole answer, send half of it, and close. */
  readonly truncated?: boolean;
  /** Reset the connection. */
  readonly reset?: boolean;
  /** Answer JSON whose data does not fit the query. */
  readonly wrongShape?: boolean;
  /** Only this field, as `Type.field`; latency, errorRate and hang apply to its resolver. */
  readonly field?: string | null;
  /** Ends by itself, such as `500ms`, `10s` or `5m`, an hour at most. */
  readonly for?: string;
}

export interface ChaosPlan {
  readonly latencyMs: number;
  readonly fault: Fault | null;
  readonly rate: number;
  readonly status: number;
  readonly field: string | null;
  readonly durationMs: number | null;
}

const FLAGS = ['hang', 'garbage', 'truncated', 'reset', 'wrongShape'] as const;
const KEYS: ReadonlySet<string> = new Set(['latency', 'errorRate', 'status', 'field', 'for', ...FLAGS]);
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };
const LONGEST_LATENCY_MS = 60_000;
const LONGEST_DURATION_MS = 3_600_000;

function refuse(message: string): never {
  throw new RefusedRequest(400, message);
}

function numberWithin(
  input: Readonly<Record<string, unknown>>,
  key: string,
  [low, high]: readonly [number, number],
) {
  const value = input[key];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number' || !(value >= low && value <= high)) {
    refuse(`${key} must be a number from ${low} to ${high}`);
  }
  return value;
}

function durationOf(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  const [, amount, unit = ''] = (typeof value === 'string' && /^(\d{1,7})(ms|s|m)$/.exec(value)) || [];
  const durationMs = Number(amount) * (UNIT_MS[unit] ?? Number.NaN);
  if (!(durationMs > 0 && durationMs <= LONGEST_DURATION_MS))
    refuse('for must be like 500ms, 10s or 5m, an hour at most');
  return durationMs;
}

function fieldOf(value: unknown, coordinates: ReadonlySet<string>): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string' || !coordinates.has(value)) {
    refuse('field must be a coordinate of this subgraph, like Type.field');
  }
  return value;
}

function faultsOf(input: Readonly<Record<string, unknown>>, status: number | null): Fault[] {
  for (const flag of FLAGS) {
    const value = input[flag];
    if (value !== undefined && typeof value !== 'boolean') refuse(`${flag} must be true or false`);
  }
  const flagged: Fault[] = FLAGS.filter(flag => input[flag] === true);
  return status === null ? flagged : ['status', ...flagged];
}

/** Checks what somebody posted; `coordinates` are the fields there are. Throws RefusedRequest (400). */
export function toChaosPlan(body: unknown, coordinates: ReadonlySet<string>): ChaosPlan {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) refuse('chaos must be a JSON object');
  const input: Readonly<Record<string, unknown>> = { ...body };
  const unknown = Object.keys(input).find(key => !KEYS.has(key));
  if (unknown !== undefined) refuse(`unknown key ${unknown.slice(0, 40)}; known: ${[...KEYS].join(', ')}`);
  const latencyMs = numberWithin(input, 'latency', [0, LONGEST_LATENCY_MS]) ?? 0;
  const errorRate = numberWithin(input, 'errorRate', [0, 1]);
  const status = numberWithin(input, 'status', [400, 599]);
  if (status !== null && !Number.isInteger(status)) refuse('status must be a whole number');
  const field = fieldOf(input['field'], coordinates);
  const faults = faultsOf(input, status);
  if (faults.length > 1) refuse(`choose one of ${faults.join(', ')}`);
  const fault = faults[0] ?? (errorRate === null ? null : 'status');
  if (field !== null && fault !== null && (status !== null || (fault !== 'hang' && fault !== 'status'))) {
    refuse('a field can have latency, errorRate and hang only');
  }
  return {
    latencyMs,
    fault,
    rate: errorRate ?? 1,
    status: status ?? 500,
    field,
    durationMs: durationOf(input['for']),
  };
}
