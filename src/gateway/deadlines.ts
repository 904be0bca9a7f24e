import { Kind, parse } from 'graphql';
import type { Persona } from '../config/resolve-personas.ts';
import type { BoundOperation } from '../http/bound-operation.ts';
import type { RequestContext } from '../http/request-context.ts';
import { nearest } from '../shared/nearest.ts';
import type { PersonaDocuments } from './documents.ts';
import type { GatewayOptions } from './options.ts';

/** Until when a request has to be answered, on the monotonic clock, ms. */
export type DeadlineOf = (
  request: Pick<RequestContext, 'persona' | 'receivedAt'>,
  operation: Pick<BoundOperation, 'definition' | 'documentHash'>,
) => number;

type Registered = PersonaDocuments['registered'];
type Documents = ReadonlyMap<Persona, { readonly registered: Registered }>;

/** ms by name of an operation or id of a registered document, as it was written. */
type Given = Readonly<Record<string, number>>;

/** Compiles `execution.deadlines`, and warns of those that nothing can ever have. */
export function openDeadlines(
  documents: Documents,
  { config, logger }: Pick<GatewayOptions, 'config' | 'logger'>,
): DeadlineOf {
  const { deadlines } = config.execution;
  for (const warning of idleDeadlines(deadlines, documents)) logger.warn({}, warning);
  return compileDeadlines(deadlines, documents);
}

/**
 * The deadline of the persona, or that of the operation where it is sooner: a client that has a name to choose can
 * only hurry itself. What is said of a registered document holds for whoever sends its text, too.
 */
function compileDeadlines(given: Given, documents: Documents): DeadlineOf {
  if (Object.keys(given).length === 0) return ({ persona, receivedAt }) => receivedAt + persona.deadline;
  const compiled = new Map(
    [...documents].map(([persona, { registered }]) => [persona, compileFor(registered, given)]),
  );
  return ({ persona, receivedAt }, { definition, documentHash }) => {
    const timesMs = compiled.get(persona);
    if (timesMs === undefined) throw new TypeError('the persona is not one of this gateway');
    const byDocument = timesMs.get(documentHash) ?? persona.deadline;
    const byName = timesMs.get(definition.name?.value ?? '') ?? persona.deadline;
    return receivedAt + Math.min(persona.deadline, byDocument, byName);
  };
}

/** By name, and by the hash of the document where a persona has one of this id; one document may have several ids. */
function compileFor(registered: Registered, given: Given): ReadonlyMap<string, number> {
  const timesMs = new Map<string, number>();
  for (const [key, ms] of Object.entries(given)) {
    for (const name of [key, registered.byId(key)?.hash ?? key])
      timesMs.set(name, Math.min(ms, timesMs.get(name) ?? ms));
  }
  return timesMs;
}

/** Of personas with these modes what they run is known. */
const CLOSED: readonly string[] = ['safelist', 'ids-only'];

/** One sentence each; none where a persona may send any text, as any name may come with it. */
function idleDeadlines(given: Given, documents: Documents): readonly string[] {
  const isOpen = [...documents.keys()].some(({ documents: { mode } }) => !CLOSED.includes(mode));
  if (isOpen || Object.keys(given).length === 0) return [];
  const sets = [...documents.values()].map(({ registered }) => registered);
  const names = new Set(sets.flatMap(set => [...set].flatMap(({ text }) => operationNames(text))));
  const isKnown = (key: string): boolean => names.has(key) || sets.some(set => set.byId(key) !== undefined);
  return Object.keys(given)
    .filter(key => !isKnown(key))
    .map(key => {
      const known = nearest(key, [...names]);
      const hint = known === undefined ? '' : `; did you mean "${known}"?`;
      return `execution.deadlines.${key}: no registered document has this id or an operation of this name${hint}`;
    });
}

function operationNames(text: string): readonly string[] {
  return parse(text, { noLocation: true }).definitions.flatMap(definition =>
    definition.kind === Kind.OPERATION_DEFINITION ? (definition.name?.value ?? []) : [],
  );
}
