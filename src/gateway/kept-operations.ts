import type { OperationDefinitionNode } from 'graphql';
import type { KnownOperations } from '../cache/invalidation/known-operations.ts';
import type { PolicyCompiler, SelectionPolicy } from '../cache/policy/compile-policy.ts';
import type { Privacy } from '../cache/policy/privacy.ts';
import { compileEntitiesIn, type EntitiesIn } from '../cache/response/entities-in.ts';
import { AnswerEntityTags } from '../cache/response/entity-tags-of-answer.ts';
import type { Telling } from '../cache/response/tellings.ts';
import type { Wanted } from '../cache/response/wanted.ts';
import type { Persona } from '../config/resolve-personas.ts';
import type { BoundOperation } from '../http/bound-operation.ts';
import type { Generation } from '../supergraph/generation.ts';
import type { CachePolicies } from './caching.ts';

/** What is compiled once for an operation of a persona. */
export interface KeptOperation {
  readonly selection: SelectionPolicy;
  /** Null: it has none. */
  readonly entitiesIn: EntitiesIn | null;
  readonly privacy: Privacy;
  /** What the last request wanted of it: it may well come again. */
  last: LastWanted | null;
}

/** What a request wanted, with all that decides about it. */
export interface LastWanted {
  /** Of the operation: another copy of it is made where its text was parsed again. */
  readonly key: string;
  readonly owner: string | null;
  readonly tellings: readonly Telling[];
  readonly subgraphs: ReadonlySet<string>;
  readonly wanted: Wanted;
}

interface KeptBy {
  readonly persona: Persona;
  readonly generation: Generation;
  /** Of the generation. */
  readonly policies: CachePolicies;
}

/** @param operations are told of each that is seen for the first time */
export function rememberKept(operations: KnownOperations) {
  // By the compiler, of which each persona of each generation has one.
  const compiled = new WeakMap<PolicyCompiler, WeakMap<OperationDefinitionNode, KeptOperation>>();
  return (operation: BoundOperation, { policies, persona, generation }: KeptBy): KeptOperation => {
    const { definition, documentHash } = operation;
    const compiler = policies.of(persona);
    const known = compiled.get(compiler) ?? new WeakMap<OperationDefinitionNode, KeptOperation>();
    compiled.set(compiler, known);
    const found = known.get(definition);
    if (found !== undefined) return found;
    operations.see({ name: definition.name?.value ?? null, hash: documentHash });
    const made = { ...compileKept(operation, { policies, persona, generation }), last: null };
    known.set(definition, made);
    return made;
  };
}

/** How long answers to an operation are kept, and by which tags. */
export function compileKept(
  { document, definition, schema, documentHash }: BoundOperation,
  { policies, persona, generation }: KeptBy,
): Omit<KeptOperation, 'last'> {
  const selected = { document, definition, schema, hash: documentHash };
  return {
    selection: policies.of(persona).operation(selected, persona.cache.maxAge),
    entitiesIn: compileEntitiesIn(selected, generation.caching),
    privacy: { isSeen: false },
  };
}

/** Of the operation itself, and of the entities that this answer has. */
export function tagsOf(
  { selection, entitiesIn }: Pick<KeptOperation, 'selection' | 'entitiesIn'>,
  { variables }: BoundOperation,
  data: string,
): readonly string[] {
  const own = selection.tagsOf(variables);
  if (entitiesIn === null) return own;
  const found = new AnswerEntityTags();
  entitiesIn(JSON.parse(data), found.see);
  return [...new Set([...own, ...found.tags()])];
}
