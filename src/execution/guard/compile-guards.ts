import type { DocumentNode } from 'graphql';
import { GatewayError } from '../../errors.ts';
import type { FetchPlan } from '../plan.ts';
import type { SubtypeCheck } from '../planners/subtypes.ts';
import type { Failure } from '../run/failures.ts';
import type { Run } from '../run/run.ts';
import type { PrepareOf } from './compile-fallback.ts';
import { cutFields } from './cut-fields.ts';
import { Fallbacks, type Subjects } from './fallbacks.ts';
import { FetchGuard, type Passage } from './fetch-guard.ts';
import type { FieldBreaker } from './field-breaker.ts';
import { type FoundField, type GuardedField, guardedFields } from './guarded-fields.ts';
import type { Guarding } from './guarding.ts';
import { holdersOf } from './holders.ts';

/** Shapes of one fetch without some of its fields that are kept: a subgraph rarely fails in more ways at once. */
const MAX_VARIANTS = 32;

const NO_PROBES: Passage['probes'] = new Map();

interface GuardsInput {
  readonly fetch: FetchPlan;
  /** Its operation, parsed; read now, and kept by nothing. */
  readonly document: DocumentNode;
  readonly guarding: Guarding;
  readonly isSubtype: SubtypeCheck;
  readonly prepareOf: PrepareOf;
}

/** What stands between one fetch and a subgraph that fails. `T` is a fetch that is ready to be sent. */
export interface FetchGuards<T> {
  readonly guard: FetchGuard;
  /** Null where no field has one. */
  readonly fallbacks: Fallbacks | null;
  /** The fetch as it may be sent now; null: nothing of it. */
  variant(passage: Passage | null): T | null;
  /** Why nothing of the fetch may be sent now; null: some of it may. Nothing is let through as a probe. */
  refusal(): GatewayError | null;
  /** Says at each object which fields it was not asked for; where there is no object, nothing is missing. */
  recordCut(run: Run, passage: Passage, subjects: Omit<Subjects, 'representationOf'>): void;
  /** Coordinates of what is left out. */
  cutCoordinates(passage: Passage): readonly string[];
}

/** Null when the fetch has nothing to guard. @param compile makes a fetch ready to be sent */
export function compileGuards<T>(
  input: GuardsInput,
  whole: T,
  compile: (fetch: FetchPlan) => T,
): FetchGuards<T> | null {
  const { fetch, guarding, isSubtype } = input;
  const found = guardedFields(fetch, input.document, guarding);
  if (found.length === 0) return null;
  const fallbacks = new Fallbacks(found, { ...input, subgraph: fetch.subgraph });
  const fields = fieldsOf(found);
  const variants = new Map<string, T | null>();
  const isCut = ({ breaker }: GuardedField, { cut }: Passage): boolean =>
    breaker !== null && cut.has(breaker);
  const variant = (passage: Passage | null): T | null => {
    if (passage === null || passage.cut.size === 0) return whole;
    const key = fields.map(field => (isCut(field, passage) ? '0' : '1')).join('');
    const known = variants.get(key);
    if (known !== undefined) return known;
    const positions = fields.filter(field => isCut(field, passage)).map(({ position }) => position);
    const cut = cutFields(fetch, positions);
    const compiled = cut === null ? null : compile(cut);
    for (const oldest of variants.keys()) if (variants.size >= MAX_VARIANTS) variants.delete(oldest);
    variants.set(key, compiled);
    return compiled;
  };

  return {
    guard: new FetchGuard(fields, guarding.clock),
    fallbacks: fallbacks.isEmpty ? null : fallbacks,
    cutCoordinates: passage => [...passage.cut].map(({ coordinate }) => coordinate),
    variant,
    refusal() {
      const cut = new Set(fields.flatMap(({ breaker }) => (breaker?.isClosed() === false ? [breaker] : [])));
      const [breaker] = cut;
      if (breaker === undefined || variant({ cut, probes: NO_PROBES }) !== null) return null;
      for (const one of cut) guarding.onCut(one);
      const { extensions } = circuitOpen(breaker, guarding.clock.elapsed());
      return new GatewayError('CIRCUIT_OPEN', { extensions });
    },
    recordCut(run, passage, { alias, targets }) {
      const now = guarding.clock.elapsed();
      for (const field of fields) {
        if (field.alias !== alias || field.breaker === null || !passage.cut.has(field.breaker)) continue;
        const failure = circuitOpen(field.breaker, now);
        guarding.onCut(field.breaker);
        const key = field.path.at(-1) ?? '';
        for (const target of targets) {
          for (const holder of holdersOf(target, field, isSubtype))
            run.failures.anchor(failure, holder, [key]);
        }
      }
    },
  };
}

function fieldsOf(found: readonly FoundField[]): readonly GuardedField[] {
  return found.map(({ field }) => field);
}

function circuitOpen(breaker: FieldBreaker, now: number): Failure {
  const { code, message } = new GatewayError('CIRCUIT_OPEN');
  const { subgraph, coordinate } = breaker;
  const retryAfterMs = Math.ceil(breaker.retryAfterMs(now));
  return { code, message, subgraph, extensions: { coordinate, retryAfterMs } };
}
