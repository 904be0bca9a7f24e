import { type AdminFlags, askAdmin } from './ask-admin.ts';
import { CliError } from './cli-error.ts';

interface InvalidateFlags extends AdminFlags {
  readonly all?: boolean;
  readonly tag?: readonly string[];
  readonly type?: readonly string[];
  readonly entity?: string;
  /** JSON. */
  readonly key?: readonly string[];
  readonly subgraph?: readonly string[];
  /** Names, or hashes of documents. */
  readonly operation?: readonly string[];
  readonly json?: boolean;
}

interface Answer {
  readonly count: number;
  /** Tags that no `@cacheTag` writes. */
  readonly unknown?: readonly string[];
  /** Names and hashes that the instance does not know. */
  readonly unknownOperations?: readonly string[];
  /** What shared caches know it by; of use with `--json`. */
  readonly surrogateKeys?: readonly string[];
}

/** `weir cache invalidate`: the gateway, and its fleet, forget what they keep. */
export async function invalidateCache(flags: InvalidateFlags): Promise<void> {
  const body = targetsOf(flags);
  const answer = await askAdmin(flags, { method: 'POST', path: '/cache/invalidate', body }, isAnswer);
  const { count, unknown = [], unknownOperations = [] } = answer;
  const text = `${count} ${count === 1 ? 'target' : 'targets'} invalidated\n`;
  process.stdout.write(flags.json ? `${JSON.stringify(answer, null, 2)}\n` : text);
  warn(
    unknown,
    all => `no @cacheTag of the schema writes ${all}: only replies of subgraphs can have said so`,
  );
  warn(
    unknownOperations,
    all =>
      `${all}: in no manifest, and not sent to this instance since it started; right if another was sent it, else misspelt`,
  );
}

function warn(names: readonly string[], textOf: (all: string) => string): void {
  if (names.length === 0) return;
  process.stderr.write(`${textOf(names.map(name => JSON.stringify(name)).join(', '))}\n`);
}

function targetsOf(flags: InvalidateFlags): readonly object[] {
  const { all, tag = [], type = [], subgraph = [], operation = [] } = flags;
  const targets = [
    ...(all ? [{ kind: 'all' }] : []),
    ...tag.map(text => ({ kind: 'tag', tag: text })),
    ...type.map(name => ({ kind: 'type', type: name })),
    ...entitiesOf(flags),
    ...subgraph.map(name => ({ kind: 'subgraph', subgraph: name })),
    ...operation.map(text =>
      /^[0-9a-f]{64}$/.test(text) ? { kind: 'operation', hash: text } : { kind: 'operation', name: text },
    ),
  ];
  if (targets.length > 0) return targets;
  throw new CliError('say what: --tag, --type, --entity with --key, --subgraph, --operation, or --all');
}

function entitiesOf({ entity, key = [] }: InvalidateFlags): readonly object[] {
  if (entity === undefined && key.length === 0) return [];
  if (entity === undefined || key.length === 0)
    throw new CliError(`--entity and --key belong together: --entity Product --key '{"id": "1"}'`);
  return key.map(text => ({ kind: 'entity', type: entity, key: parseKey(text) }));
}

function parseKey(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError(`--key ${text}: write it as JSON, as in '{"id": "1"}'`);
  }
}

function isAnswer(value: object): value is Answer {
  const { count, unknown = [], unknownOperations = [] } = value as Partial<Answer>;
  return typeof count === 'number' && Array.isArray(unknown) && Array.isArray(unknownOperations);
}
