import { type OperationDefinitionNode, OperationTypeNode } from 'graphql';
import type { KnownOperations } from '../cache/invalidation/known-operations.ts';
import type { PolicyCompiler, SelectionPolicy } from '../cache/policy/compile-policy.ts';
import type { Privacy } from '../cache/policy/privacy.ts';
import { compileEntitiesIn, type EntitiesIn } from '../cache/response/entities-in.ts';
import { AnswerEntityTags } from '../cache/response/entity-tags-of-answer.ts';
import { ResponseCache } from '../cache/response/response-cache.ts';
import { writeIdentity } from '../cache/response/response-key.ts';
import type { Persona } from '../config/resolve-personas.ts';
import { Answer } from '../http/answer.ts';
import type { BoundOperation } from '../http/bound-operation.ts';
import type { Looking } from '../http/enter-operation.ts';
import type { RequestContext } from '../http/request-context.ts';
import { sha256 } from '../shared/hash.ts';
import type { Caching } from './caching.ts';
import { type FactsOf, ownerOf } from './caller-facts.ts';
import { wantsExplanation } from './explanation.ts';
import type { LiveGeneration } from './live-generation.ts';
import type { GatewayOptions } from './options.ts';

/** Looks an operation up among the answers that are kept. Null: it is of a kind that is not kept. */
export type LookUp = (operation: BoundOperation, request: RequestContext, live: LiveGeneration) => Looking;

interface LookUpOptions extends Pick<GatewayOptions, 'clock' | 'config' | 'metrics'> {
  readonly caching: Caching | null;
  readonly factsOf: FactsOf;
}

/** Null where no answers are kept. */
export function createLookUp({
  caching,
  clock,
  factsOf,
  metrics,
  config: { execution },
}: LookUpOptions): LookUp | null {
  if (caching === null || !caching.config.responses.enabled) return null;
  const { store, config, hotBytes, operations } = caching;
  const cache = new ResponseCache({
    store,
    clock,
    random: Math.random,
    jitter: config.jitter,
    restore: Answer.ofBytes,
    hotBytes,
    onReread: () => metrics.cacheRead('memory'),
  });
  const policyOf = rememberPolicies(operations);
  const place = sha256(JSON.stringify(execution.subgraphs));
  return (operation, request, live) => {
    if (!isCacheable(operation, request)) return null;
    const kept = policyOf(operation, request.persona, live);
    const policy = kept?.selection.policyOf(operation.variables) ?? null;
    if (kept === null || policy === null) return null;
    if (policy.scope === 'PRIVATE') request.progress.isPrivate = true;
    const look = (subgraphs: ReadonlySet<string>) => {
      const { caller, persona, headers, clientAddress } = request;
      const forwarded = live.forward({ facts: factsOf(caller, persona.name), headers, clientAddress });
      const parts = {
        generationId: live.generation.id,
        persona: persona.name,
        operationKey: operation.key,
        forwarded: [...subgraphs].map(name => [name, forwarded.keyFor(name)] as const),
        scope: policy.scope,
        owner: ownerOf(caller),
        place,
      };
      const identity = writeIdentity(parts);
      if (identity === null) return null;
      const own =
        policy.scope === 'PRIVATE'
          ? null
          : { privacy: kept.privacy, identity: () => writeIdentity({ ...parts, scope: 'PRIVATE' }) };
      return cache.look({ identity, policy, own, tagsOf: data => tagsOf(kept, operation, data) });
    };
    const subgraphs = live.executor.subgraphsOf(operation);
    if (subgraphs !== null) return look(subgraphs);
    // Which subgraphs are asked, and so told of the caller, only the plan says. What cannot be planned fails later.
    return () =>
      live.executor.prepare(operation).then(
        ({ subgraphs: planned }) => look(planned),
        () => null,
      );
  };
}

/** Rules that judge objects, or look at the client's headers, answer one request and no other. */
function isCacheable({ definition, denial }: BoundOperation, request: RequestContext): boolean {
  const { persona, progress } = request;
  if (definition.operation !== OperationTypeNode.QUERY || persona.cache.disabled) return false;
  if (progress.readsHeaders || (denial !== null && denial.deferred !== null)) return false;
  return !wantsExplanation(request);
}

/** What is compiled once for an operation. */
interface KeptOperation {
  readonly selection: SelectionPolicy;
  /** Null: it has none. */
  readonly entitiesIn: EntitiesIn | null;
  readonly privacy: Privacy;
}

/** Of the operation itself, and of the entities that this answer has. */
function tagsOf(
  { selection, entitiesIn }: KeptOperation,
  { variables }: BoundOperation,
  data: string,
): readonly string[] {
  const own = selection.tagsOf(variables);
  if (entitiesIn === null) return own;
  const found = new AnswerEntityTags();
  entitiesIn(JSON.parse(data), found.see);
  return [...new Set([...own, ...found.tags()])];
}

function rememberPolicies(operations: KnownOperations) {
  // By the compiler, of which each persona of each generation has one.
  const compiled = new WeakMap<PolicyCompiler, WeakMap<OperationDefinitionNode, KeptOperation>>();
  return (
    operation: BoundOperation,
    persona: Persona,
    { policies, generation }: LiveGeneration,
  ): KeptOperation | null => {
    if (policies === null) return null;
    const { document, definition, schema, documentHash } = operation;
    const compiler = policies.of(persona);
    const known = compiled.get(compiler) ?? new WeakMap<OperationDefinitionNode, KeptOperation>();
    compiled.set(compiler, known);
    const found = known.get(definition);
    if (found !== undefined) return found;
    operations.see({ name: definition.name?.value ?? null, hash: documentHash });
    const selected = { document, definition, schema, hash: documentHash };
    const made: KeptOperation = {
      selection: compiler.operation(selected, persona.cache.maxAge),
      entitiesIn: compileEntitiesIn(selected, generation.caching),
      privacy: { isSeen: false },
    };
    known.set(definition, made);
    return made;
  };
}
