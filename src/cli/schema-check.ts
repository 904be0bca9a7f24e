import { findBreakingChanges, findDangerousChanges, type GraphQLSchema } from 'graphql';
import { type Persona, resolvePersonas } from '../config/resolve-personas.ts';
import { readPersonaSchemas, type SchemaOf } from './persona-schemas.ts';
import { readSettings } from './settings.ts';

interface SchemaCheckFlags {
  readonly against: string;
  readonly supergraph?: string;
  readonly config?: string;
  readonly json?: boolean;
}

interface SchemaChange {
  /** breaking: an operation that could be run no longer can. dangerous: a client may not expect what it is answered. */
  readonly severity: 'breaking' | 'dangerous';
  /** As graphql-js calls it, like `FIELD_REMOVED`. */
  readonly type: string;
  readonly description: string;
  /** Who sees it; a gateway without personas has one without a name. */
  readonly personas: readonly (string | null)[];
}

/**
 * `weir schema check`: what a supergraph takes from clients of the one that is served, through the contract of each
 * persona: what a persona never saw is no loss to it. Ends with code 1 when a change is breaking.
 */
export async function checkSchema(flags: SchemaCheckFlags): Promise<void> {
  const { config } = await readSettings(flags, process.env, 'start');
  const personas = resolvePersonas(config);
  const before = await readPersonaSchemas(flags.against);
  const after = await readPersonaSchemas(flags.supergraph);
  const changes = changesFor(personas, before, after);
  process.stdout.write(flags.json ? `${JSON.stringify(changes, null, 2)}\n` : reportOf(changes, personas));
  if (changes.some(({ severity }) => severity === 'breaking')) process.exitCode = 1;
}

/** Breaking ones first, each once. */
function changesFor(
  personas: readonly Persona[],
  before: SchemaOf,
  after: SchemaOf,
): readonly SchemaChange[] {
  const changes = new Map<string, SchemaChange>();
  for (const persona of personas) {
    for (const change of changesBetween(before(persona), after(persona))) {
      const key = JSON.stringify([change.severity, change.type, change.description]);
      const { personas: others = [] } = changes.get(key) ?? {};
      changes.set(key, { ...change, personas: [...others, persona.name] });
    }
  }
  return [...changes.values()].sort((one, other) => one.severity.localeCompare(other.severity));
}

function changesBetween(before: GraphQLSchema, after: GraphQLSchema): Omit<SchemaChange, 'personas'>[] {
  return [
    ...findBreakingChanges(before, after).map(change => ({ severity: 'breaking' as const, ...change })),
    ...findDangerousChanges(before, after).map(change => ({ severity: 'dangerous' as const, ...change })),
  ];
}

/** One line a change, and one that sums up. */
function reportOf(changes: readonly SchemaChange[], personas: readonly Persona[]): string {
  const lines = changes.map(({ severity, type, description, personas: seeing }) => {
    const who = seeing.length === personas.length ? '' : ` [${seeing.join(', ')}]`;
    return `${severity}: ${description.replace(/\s+/g, ' ')} (${type})${who}\n`;
  });
  const breaking = changes.filter(({ severity }) => severity === 'breaking').length;
  return `${lines.join('')}${breaking} breaking, ${changes.length - breaking} dangerous\n`;
}
