import { z } from 'zod';
import type { CacheTarget } from '../cache/policy/tag-names.ts';
import { ConfigError, parseConfig } from '../config/parse.ts';
import { nearest } from '../shared/nearest.ts';

/** A target as an operator names it. */
export interface NamedTarget {
  readonly target: CacheTarget;
  /** Named beside it; what is invalidated is so whatever subgraph it is from. */
  readonly subgraphs: readonly string[];
}

const MOST_TARGETS = 1_000;

const LONGEST_TAG = 8_192;
const LONGEST_NAME = 300;
const DEEPEST_KEY = 8;

const name = z.string().min(1, { error: 'is empty' }).max(LONGEST_NAME);
const tag = z.string().min(1, { error: 'is empty' }).max(LONGEST_TAG);
const key = z.custom<Extract<CacheTarget, { kind: 'entity' }>['key']>(value => isKey(value, 0), {
  error: 'is not the fields of a key with their values, as in {"id": "1"}',
});

/** Those of Apollo Router among them: `cache_tag`, and the subgraph beside `type` and `entity`. */
const FORMS = {
  all: z.strictObject({ kind: z.literal('all') }).transform(() => named({ kind: 'all' })),
  tag: z.strictObject({ kind: z.literal('tag'), tag }).transform(target => named(target)),
  cache_tag: z
    .strictObject({
      kind: z.literal('cache_tag'),
      cache_tag: tag,
      subgraphs: z.array(name).max(MOST_TARGETS).default([]),
    })
    .transform(({ cache_tag, subgraphs }) => named({ kind: 'tag', tag: cache_tag }, subgraphs)),
  type: z
    .strictObject({ kind: z.literal('type'), type: name, subgraph: name.optional() })
    .transform(({ kind, type, subgraph }) => named({ kind, type }, subgraph)),
  entity: z
    .strictObject({ kind: z.literal('entity'), type: name, key, subgraph: name.optional() })
    .transform(({ kind, type, key, subgraph }) => named({ kind, type, key }, subgraph)),
  subgraph: z
    .strictObject({ kind: z.literal('subgraph'), subgraph: name })
    .transform(target => named(target, target.subgraph)),
  operation: z
    .strictObject({
      kind: z.literal('operation'),
      name: name.regex(/^[_A-Za-z]\w*$/, { error: 'is not the name of an operation' }).optional(),
      hash: z
        .string()
        .regex(/^[0-9a-f]{64}$/, { error: 'is not the SHA-256 of a document, as 64 hex digits' })
        .optional(),
    })
    .transform(({ kind, name, hash }, context) => {
      if (name !== undefined && hash === undefined) return named({ kind, name });
      if (hash !== undefined && name === undefined) return named({ kind, hash });
      context.addIssue('names no operation; give its "name", or the "hash" of its document');
      return z.NEVER;
    }),
} as const;

type Kind = keyof typeof FORMS;

const KINDS = Object.keys(FORMS) as Kind[];

const HINT = 'send {"kind": "tag", "tag": "…"}, or a list of such targets, as application/json';

/** One target, or a list. @throws RangeError that says what to write instead */
export function parseTargets(body: unknown): readonly NamedTarget[] {
  const list: readonly unknown[] = Array.isArray(body) ? body : [body];
  if (list.length === 0) throw new RangeError(`there is no target; ${HINT}`);
  if (list.length > MOST_TARGETS)
    throw new RangeError(`there are more than ${MOST_TARGETS} targets; send them in several requests`);
  return list.map((value, index) => parseTarget(value, list.length === 1 ? 'the target' : `[${index}]`));
}

function parseTarget(value: unknown, place: string): NamedTarget {
  const kind: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'kind') : undefined;
  if (kind === undefined) throw new RangeError(`${place} has no "kind"; ${HINT}`);
  const known = KINDS.find(one => one === kind);
  if (known === undefined) {
    const suggestion = typeof kind === 'string' ? nearest(kind.slice(0, 50), KINDS) : undefined;
    const hint = suggestion === undefined ? `there are ${KINDS.join(', ')}` : `did you mean "${suggestion}"?`;
    throw new RangeError(`${place} is of no known "kind"; ${hint}`);
  }
  try {
    return parseConfig<z.ZodType<NamedTarget>>(FORMS[known], value, place);
  } catch (error) {
    if (error instanceof ConfigError) throw new RangeError(error.message.replaceAll('the file: ', ''));
    throw error;
  }
}

function named(target: CacheTarget, subgraphs: readonly string[] | string = []): NamedTarget {
  return { target, subgraphs: typeof subgraphs === 'string' ? [subgraphs] : subgraphs };
}

/** Scalars by field, and objects of such. */
function isKey(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depth === DEEPEST_KEY)
    return false;
  const values: readonly unknown[] = Object.values(value);
  return values.length > 0 && values.every(one => isScalar(one) || isKey(one, depth + 1));
}

function isScalar(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
