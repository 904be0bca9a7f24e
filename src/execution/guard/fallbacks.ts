import { type DocumentNode, type FragmentDefinitionNode, Kind, print, visit } from 'graphql';
import { isJsonObject, type Json, type JsonObject } from '../../shared/json.ts';
import type { SubtypeCheck } from '../planners/subtypes.ts';
import type { LoadedEntity } from '../run/load-entities.ts';
import type { Run } from '../run/run.ts';
import type { GuardedField } from './guarded-fields.ts';
import type { FallbackPlan, Guarding } from './guarding.ts';
import { holdersOf } from './holders.ts';
import { selectedConstant } from './selected-constant.ts';

/** Changes that a planner wants made to the objects of an entity group, or of the root (null). */
export type RewriteOf = (alias: string | null) => ((answer: JsonObject) => void) | null;

interface FallbacksInput {
  readonly subgraph: string;
  readonly document: DocumentNode;
  readonly guarding: Guarding;
  readonly rewriteOf: RewriteOf;
  readonly isSubtype: SubtypeCheck;
}

interface CompiledFallback {
  readonly field: GuardedField;
  readonly plan: FallbackPlan;
  /** All that its last good value depends on, and is the same for each request; null: none is kept. */
  readonly memory: { readonly prefix: string; readonly variables: readonly string[] } | null;
  /** In the form of an answer. */
  readonly constant: Json | undefined;
}

/** Objects that one fetch was for, each with the text by which the subgraph knows it (empty in a root fetch). */
export interface Subjects {
  readonly alias: string | null;
  readonly targets: readonly JsonObject[];
  readonly representationOf: (position: number) => string;
}

/** What the fields of one fetch answer where the subgraph gives them no value. */
export class Fallbacks {
  readonly #input: FallbacksInput;
  readonly #fallbacks: readonly CompiledFallback[];

  constructor(fields: readonly GuardedField[], input: FallbacksInput) {
    this.#input = input;
    const definitions = input.document.definitions.filter(node => node.kind === Kind.FRAGMENT_DEFINITION);
    const fragments = new Map(definitions.map(fragment => [fragment.name.value, fragment]));
    this.#fallbacks = fields.flatMap(field => {
      const { fallback: plan, node } = field;
      if (plan === null) return [];
      const constant = plan.value === undefined ? undefined : selectedConstant(plan.value, node, fragments);
      // Below the entry the object has no name of its own by which its value could be found again.
      const isKept = plan.staleMs !== null && field.path.length === 1;
      const memory = isKept ? memoryOf(field, input.subgraph, fragments) : null;
      return [{ field, plan, constant, memory }];
    });
  }

  get isEmpty(): boolean {
    return this.#fallbacks.length === 0;
  }

  /** Remembers what came back, before anything is added to it. Of an entity with errors nothing is kept, nor what does not fit. */
  keep(run: Run, alias: string | null, loaded: Loaded): void {
    for (const { field, memory } of this.#fallbacks) {
      if (memory === null || field.alias !== alias) continue;
      const [key = ''] = field.path;
      for (let index = 0; index < loaded.entities.length; index++) {
        const entity = loaded.entities[index];
        if (entity === undefined || entity instanceof Error || entity.errors.length > 0) continue;
        // What was kept is older than it would count for here.
        if (entity.kept !== undefined) continue;
        const value = entity.value?.[key];
        if (value === undefined || field.fits?.(value) === false) continue;
        const name = this.#nameOf(run, memory, loaded.representations[index] ?? '');
        this.#input.guarding.lastGood.keep(name, JSON.stringify(value));
      }
    }
  }

  /** Puts a value where a failure was recorded and none is there, and says so in the failure's place. */
  recover(run: Run, { alias, targets, representationOf }: Subjects): void {
    if (run.failures.size === 0) return;
    for (const fallback of this.#fallbacks) {
      const { field } = fallback;
      if (field.alias !== alias) continue;
      const key = field.path.at(-1) ?? '';
      for (const [position, target] of targets.entries()) {
        for (const holder of holdersOf(target, field, this.#input.isSubtype)) {
          if (run.failures.at(holder, key).length === 0) continue;
          if (holder[key] !== undefined && holder[key] !== null) continue;
          this.#serve(run, fallback, { holder, key, representation: representationOf(position) });
        }
      }
    }
  }

  #serve(run: Run, fallback: CompiledFallback, at: Missing): void {
    const { holder, key } = at;
    const found = this.#find(run, fallback, at.representation);
    if (found === null) return;
    const { coordinate, alias, path } = fallback.field;
    const filled: JsonObject = { ...typenameOf(holder), [key]: found.value };
    if (path.length === 1) this.#input.rewriteOf(alias)?.(filled);
    for (const [name, value] of Object.entries(filled)) holder[name] ??= value;
    const { source, ageMs } = found;
    const age = ageMs === null ? {} : { ageMs: Math.round(ageMs) };
    const reason = run.failures.at(holder, key)[0]?.failure.code ?? 'SUBGRAPH_UNAVAILABLE';
    const { subgraph, guarding } = this.#input;
    run.failures.replace(
      { code: reason, message: '', subgraph, extensions: {}, fallback: { coordinate, source, ...age } },
      { holder, key },
    );
    // A constant may hold what a subgraph would have to escape.
    run.hasEscapes = true;
    guarding.onFallback(coordinate, source);
  }

  #find(run: Run, { plan, memory, constant }: CompiledFallback, representation: string): Found | null {
    if (memory !== null && plan.staleMs !== null) {
      const name = this.#nameOf(run, memory, representation);
      const kept = this.#input.guarding.lastGood.find(name, plan.staleMs);
      if (kept !== null) return { value: JSON.parse(kept.text) as Json, source: 'stale', ageMs: kept.ageMs };
    }
    if (constant === undefined) return null;
    return { value: structuredClone(constant), source: 'value', ageMs: null };
  }

  #nameOf(
    run: Run,
    { prefix, variables }: NonNullable<CompiledFallback['memory']>,
    representation: string,
  ): string {
    const values = variables.map(name => run.variables[name] ?? null);
    const told = run.context.forwarded.keyFor(this.#input.subgraph);
    return JSON.stringify([prefix, values, told, representation]);
  }
}

/** What one request brought, in the order of its representations (one entity without any: the root). */
export interface Loaded {
  readonly entities: readonly (LoadedEntity | Error | undefined)[];
  readonly representations: readonly string[];
}

interface Missing {
  readonly holder: JsonObject;
  readonly key: string;
  readonly representation: string;
}

interface Found {
  readonly value: Json;
  readonly source: 'stale' | 'value';
  readonly ageMs: number | null;
}

function typenameOf(holder: JsonObject): JsonObject {
  const { __typename: name } = holder;
  return isJsonObject(holder) && name !== undefined ? { __typename: name } : {};
}

function memoryOf(
  { coordinate, node }: GuardedField,
  subgraph: string,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): NonNullable<CompiledFallback['memory']> {
  const texts = [subgraph, coordinate, print(node)];
  const variables = new Set<string>();
  const seen = new Set<string>();
  const read = (part: typeof node | FragmentDefinitionNode): void => {
    visit(part, {
      Variable: ({ name }) => void variables.add(name.value),
      FragmentSpread({ name }) {
        const fragment = fragments.get(name.value);
        if (fragment === undefined || seen.has(name.value)) return;
        seen.add(name.value);
        texts.push(print(fragment));
        read(fragment);
      },
    });
  };
  read(node);
  return { prefix: texts.join('\n'), variables: [...variables].sort() };
}
