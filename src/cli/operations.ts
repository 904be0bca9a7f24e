import { dirname } from 'node:path';
import { NoSchemaIntrospectionCustomRule, type ValidationRule } from 'graphql';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { type Persona, resolvePersonas } from '../config/resolve-personas.ts';
import { noIncrementalDelivery } from '../operation/check-incremental.ts';
import { finiteNumbers } from '../operation/check-numbers.ts';
import { checkDocuments, type DocumentProblem, tokenLimit } from '../operation/documents/check-documents.ts';
import { loadDocumentSet } from '../operation/documents/document-set.ts';
import { boundComparisons } from '../operation/limits/bound-comparisons.ts';
import { checkLimits } from '../operation/limits/check-limits.ts';
import { readPersonaSchemas } from './persona-schemas.ts';
import { readSettings } from './settings.ts';

interface CheckFlags {
  readonly supergraph?: string;
  readonly config?: string;
  readonly json?: boolean;
}

interface CheckedPersona {
  readonly persona: string | null;
  readonly documents: number;
  readonly problems: readonly DocumentProblem[];
}

/**
 * `weir operations check`: every document of every manifest against the contract and the limits of its persona.
 * Ends with code 1 when one of them could not be run; for a pipeline that publishes manifests or schemas.
 */
export async function checkOperations(flags: CheckFlags): Promise<void> {
  const { config, configPath } = await readSettings(flags, process.env, 'start');
  const personas = resolvePersonas(config).filter(({ documents }) => documents.manifests.length > 0);
  const schemaOf = await readPersonaSchemas(flags.supergraph);
  const checked: CheckedPersona[] = [];
  for (const persona of personas) {
    const set = await loadDocumentSet(persona.documents.manifests, dirname(configPath ?? '.'));
    const problems = checkDocuments(schemaOf(persona), set, rulesOf(persona, config));
    checked.push({ persona: persona.name, documents: set.size, problems });
  }
  process.stdout.write(flags.json ? `${JSON.stringify(checked, null, 2)}\n` : reportOf(checked));
  if (checked.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
}

/** What the gateway holds the persona's operations to, besides GraphQL's own rules. */
function rulesOf(
  { limits, introspection }: Persona,
  { operation }: GatewayConfig,
): readonly ValidationRule[] {
  const limit = checkLimits({ ...limits, nesting: operation.maxNesting });
  return [
    tokenLimit(limits.tokens),
    ...(limit === null ? [] : [limit]),
    boundComparisons(operation.maxComparisons),
    noIncrementalDelivery,
    finiteNumbers,
    ...(introspection ? [] : [NoSchemaIntrospectionCustomRule]),
  ];
}

/** One line a problem, and one that sums up. */
function reportOf(checked: readonly CheckedPersona[]): string {
  if (checked.length === 0) return 'No persona has persisted documents.\n';
  const lines = checked.flatMap(({ persona, problems }) =>
    problems.map(problem => `${persona}: ${describeProblem(problem)}\n`),
  );
  const sums = checked.map(({ persona, documents, problems }) => {
    const broken = new Set(problems.map(({ id }) => id)).size;
    const outcome = broken === 0 ? 'all can be run' : `${broken} cannot be run`;
    return `${persona}: ${count(documents, 'document')}, ${outcome}\n`;
  });
  return [...lines, ...sums].join('');
}

function describeProblem({ file, id, operation, line, column, message }: DocumentProblem): string {
  const name = operation === null ? '' : ` (${operation})`;
  const place = `${file} ${JSON.stringify(id)}${name}, line ${line}, column ${column}`;
  // Messages quote the document, which may hold anything.
  return `${place}: ${message.replace(/\s+/g, ' ')}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
