import { parse, validate } from 'graphql';
import type { KnownOperations } from '../cache/invalidation/known-operations.ts';
import type { Persona } from '../config/resolve-personas.ts';
import { bindOperation } from '../operation/bind.ts';
import { sha256 } from '../shared/hash.ts';
import type { Caching } from './caching.ts';
import type { PersonaDocuments } from './documents.ts';
import type { LiveGeneration } from './live-generation.ts';
import type { GatewayOptions } from './options.ts';

/** A generation that is not served yet keeps nobody waiting, but an operator who looks for his change is. */
const WARM_UP_MS = 20_000;

interface WarmUpOptions extends Pick<GatewayOptions, 'clock' | 'logger'> {
  /** Null: nothing is kept. */
  readonly caching: Pick<Caching, 'operations'> | null;
}

/**
 * Plans the registered documents of every persona before a generation is served, within a time. Documents that
 * do not fit the contract are told of, and refused when somebody sends them.
 */
export async function warmUp(
  live: LiveGeneration,
  documents: ReadonlyMap<Persona, PersonaDocuments>,
  { clock, logger, caching }: WarmUpOptions,
): Promise<void> {
  const until = clock.elapsed() + WARM_UP_MS;
  const operations = caching?.operations ?? null;
  for (const [persona, { registered }] of documents) {
    const misfits: string[] = [];
    for (const { id, text } of registered) {
      if (clock.elapsed() > until) {
        operations?.lose();
        return;
      }
      if (!(await prepare(live, persona, { text, operations }))) misfits.push(id);
    }
    if (misfits.length === 0) continue;
    logger.warn(
      { persona: persona.name, ids: misfits.slice(0, 10), documents: misfits.length },
      'registered documents do not fit the contract of their persona; "weir operations check" says why',
    );
  }
}

interface Registered {
  readonly text: string;
  /** Told of what it has. */
  readonly operations: KnownOperations | null;
}

/** @returns whether the document can be run for the persona. */
async function prepare(
  live: LiveGeneration,
  persona: Persona,
  { text, operations }: Registered,
): Promise<boolean> {
  const view = live.viewOf(persona);
  const document = parse(text);
  if (validate(view.schema, document).length > 0) return false;
  const documentHash = sha256(text);
  for (const definition of document.definitions) {
    if (definition.kind !== 'OperationDefinition') continue;
    operations?.see({ name: definition.name?.value ?? null, hash: documentHash });
    // Plans do not depend on variables: those that are required may be missing here.
    const withoutVariables = { ...definition, variableDefinitions: [] };
    const bound = bindOperation({
      view,
      document,
      definition: withoutVariables,
      documentHash,
      variables: {},
    });
    if ('length' in bound) continue;
    // What cannot be planned is refused, with its reason, when somebody sends it.
    const operation = { ...bound, definition };
    for (const variant of live.overriding?.variants(operation) ?? [operation])
      await live.executor.prepare(variant).catch(() => {});
  }
  return true;
}
