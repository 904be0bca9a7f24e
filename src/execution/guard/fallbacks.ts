import { Kind } from 'graphql';
import type { ReplyTags } from '../../cache/entities/reply-tags.ts';
import { isJsonObject, type Json, type JsonObject } from '../../shared/json.ts';
import { withinTime } from '../../shared/within-time.ts';
import type { Failure } from '../run/failures.ts';
import type { LoadedEntity } from '../run/load-entities.ts';
import type { Run } from '../run/run.ts';
import {
  type CompiledFallback,
  compileFallback,
  type FallbacksInput,
  type Memory,
} from './compile-fallback.ts';
import type { FieldBreaker } from './field-breaker.ts';
import type { FoundField, GuardedField } from './guarded-fields.ts';
import type { Guarding } from './guarding.ts';
import { holdersOf } from './holders.ts';
import type { FoundValue } from './last-good.ts';
import type { Asked } from './last-good-place.ts';

/** Objects that one fetch was for, each with the text by which the subgraph knows it (empty in a root fetch). */
export interface Subjects {
  readonly alias: string | null;
  readonly targets: readonly JsonObject[];
  readonly representationOf: (position: number) => string;
}

/** What the fields of one fetch answer where the subgraph gives them no value. */
export class Fallbacks {
  readonly #input: Omit<FallbacksInput, 'document'>;
  readonly #fallbacks: readonly CompiledFallback[];

  constructor(fields: readonly FoundField[], input: FallbacksInput) {
    const { subgraph, guarding, prepareOf, isSubtype } = input;
    this.#input = { subgraph, guarding, prepareOf, isSubtype };
    const definitions = input.document.definitions.filter(node => node.kind === Kind.FRAGMENT_DEFINITION);
    const fragments = new Map(definitions.map(fragment => [fragment.name.value, fragment]));
    this.#fallbacks = fields.flatMap(found => {
      const { fallback: plan } = found.field;
      return plan === null ? [] : [compileFallback({ ...found, plan, fragments }, fields, input)];
    });
  }

  get isEmpty(): boolean {
    return this.#fallbacks.length === 0;
  }

  /** Remembers what came back, before anything is added to it. Of an entity with errors nothing is kept, nor what does not fit. */
  keep(run: Run, alias: string | null, loaded: Loaded): void {
    for (const { field, memory } of this.#fallbacks) {
      if (memory === null || field.alias !== alias) continue;
      if (memory.parts.some(part => loaded.cut?.has(part))) continue;
      try {
        keepField(run, { field, memory }, loaded);
      } catch (error) {
        // What is nested too deep to be written is not kept.
        if (!(error instanceof RangeError)) throw error;
      }
    }
  }

  /** Tags that a reply says of its values; null: they may be any. */
  readTags(extensions: JsonObject, count: number): ReplyTags | null {
    return this.#input.guarding.readTags(extensions, count);
  }

  /**
   * Puts a value where a failure was recorded and none is there, and says so in the failure's place. Waits for what other
   * instances have kept only where this one has nothing.
   */
  async recover(run: Run, subjects: readonly Subjects[]): Promise<void> {
    if (run.failures.size === 0) return;
    const left = subjects.flatMap(one => this.#missing(run, one)).filter(at => !this.#serveOwn(run, at));
    if (left.length === 0) return;
    const read = await readShared(run, left, this.#input.guarding);
    for (const missing of left) {
      // Somebody may have put something there in the meantime.
      if (!isMissing(run, missing)) continue;
      const { key, fallback } = missing;
      const found = key === null ? undefined : read.get(key);
      if (found !== undefined) this.#serve(run, missing, staleOf(found));
      else if (fallback.constant !== undefined) this.#serve(run, missing, constantOf(fallback.constant));
    }
  }

  #missing(run: Run, { alias, targets, representationOf }: Subjects): Missing[] {
    return this.#fallbacks.flatMap(fallback => {
      const { field, memory } = fallback;
      if (field.alias !== alias) return [];
      const name = field.path.at(-1) ?? '';
      let keyOf: ((representation: string) => string) | null = null;
      const missing: Missing[] = [];
      for (const [position, target] of targets.entries()) {
        for (const holder of holdersOf(target, field, this.#input.isSubtype)) {
          if (!isMissing(run, { holder, name })) continue;
          const representation = representationOf(position);
          keyOf ??= memory?.keysFor(run) ?? null;
          missing.push({ fallback, holder, name, representation, key: keyOf?.(representation) ?? null });
        }
      }
      return missing;
    });
  }

  /** Whether there is nothing more to look for. */
  #serveOwn(run: Run, missing: Missing): boolean {
    if (!isMissing(run, missing)) return true;
    const { fallback, key, representation } = missing;
    const { memory, constant } = fallback;
    if (memory !== null && key !== null) {
      const { lastGood } = memory;
      const kept = lastGood.find(key, memory.staleMs, text => memory.tagsOf(run, representation, text));
      if (kept !== null) {
        this.#serve(run, missing, staleOf(kept));
        return true;
      }
      if (lastGood.isShared) return false;
    }
    if (constant !== undefined) this.#serve(run, missing, constantOf(constant));
    return true;
  }

  #serve(run: Run, { fallback, holder, name: key }: Missing, found: Found): void {
    const { coordinate, alias, path } = fallback.field;
    const filled: JsonObject = { ...typenameOf(holder), [key]: found.value };
    if (path.length === 1) this.#input.prepareOf(alias)?.(filled);
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
}

/** What one request brought, in the order of its representations (one entity without any: the root). */
export interface Loaded {
  readonly entities: readonly (LoadedEntity | Error | undefined)[];
  readonly representations: readonly string[];
  /** Fields that were not asked for. */
  readonly cut?: ReadonlySet<FieldBreaker> | undefined;
}

interface Kept {
  readonly field: GuardedField;
  readonly memory: Memory;
}

/** A value, and the text by which the subgraph knows the object that has it. */
interface Good {
  readonly representation: string;
  /** JSON */
  readonly text: string;
  /** Tags that its reply says of it. */
  readonly said: readonly string[];
}

const NO_TAGS: readonly string[] = [];

interface Missing {
  readonly fallback: CompiledFallback;
  readonly holder: JsonObject;
  readonly name: string;
  readonly representation: string;
  /** Where a last good value of it would be; null: nowhere. */
  readonly key: string | null;
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

function keepField(run: Run, { field, memory }: Kept, { entities, representations }: Loaded): void {
  const [name = ''] = field.path;
  const good: Good[] = [];
  let weight = 0;
  for (let index = 0; index < entities.length; index++) {
    const entity = entities[index];
    if (entity === undefined || entity instanceof Error || entity.errors.length > 0) continue;
    // What was kept is older than it would count for here.
    if (entity.kept !== undefined) continue;
    const value = entity.value?.[name];
    const { said = NO_TAGS } = entity;
    if (value === undefined || said === null || field.fits?.(value) === false) continue;
    const one = { representation: representations[index] ?? '', text: JSON.stringify(value), said };
    good.push(one);
    weight += one.representation.length + one.text.length;
  }
  if (good.length === 0) return;
  const { variables } = run;
  keepAll(run, memory, good);
  run.remembered.push({ weight, again: context => keepAll({ variables, context }, memory, good) });
}

function keepAll(asked: Asked, memory: Memory, good: readonly Good[]): void {
  const { lastGood, staleMs } = memory;
  const since = asked.context.keeping?.since ?? 0;
  const keyOf = memory.keysFor(asked);
  for (const { representation, text, said } of good)
    lastGood.keep({ key: keyOf(representation), text, staleMs, since, said }, () =>
      memory.tagsOf(asked, representation, text),
    );
}

function isMissing(run: Run, { holder, name }: Pick<Missing, 'holder' | 'name'>): boolean {
  const failures = run.failures.at(holder, name);
  if (failures.length === 0 || failures.some(isSettled)) return false;
  return holder[name] === undefined || holder[name] === null;
}

/** Something stands in already, or nobody waits for the answer: what it would be is not worked out, nor counted. */
function isSettled({ failure }: { readonly failure: Failure }): boolean {
  return failure.fallback !== undefined || failure.code === 'REQUEST_CANCELLED';
}

function readShared(
  { context }: Run,
  left: readonly Missing[],
  { lastGood, clock }: Guarding,
): Promise<ReadonlyMap<string, FoundValue>> {
  const wanted = new Map<string, number>();
  for (const { key, fallback } of left) if (key !== null) wanted.set(key, fallback.memory?.staleMs ?? 0);
  const leftMs = context.deadlineAt - clock.elapsed();
  if (lastGood === null || leftMs <= 0) return Promise.resolve(NOTHING);
  return withinTime(lastGood.read(wanted), leftMs, tooLate).catch(() => NOTHING);
}

const tooLate = (): Error => new Error('no last good values were found in time');

const NOTHING: ReadonlyMap<string, FoundValue> = new Map();

function staleOf({ text, ageMs }: FoundValue): Found {
  return { value: JSON.parse(text) as Json, source: 'stale', ageMs };
}

function constantOf(constant: Json): Found {
  return { value: structuredClone(constant), source: 'value', ageMs: null };
}
