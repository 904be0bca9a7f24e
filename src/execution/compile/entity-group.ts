import type { Json, JsonObject } from '../../shared/json.ts';
import type { EntityGroup, RequiredSelection } from '../plan.ts';
import type { SubtypeCheck } from '../planners/subtypes.ts';
import type { Failure } from '../run/failures.ts';
import type { Kept, LoadedEntity } from '../run/load-entities.ts';
import { mergeInto } from '../run/merge.ts';
import { noteKept } from '../run/note-kept.ts';
import type { SubgraphError } from '../run/read-answer.ts';
import {
  anchorAtFields,
  anchorAtPath,
  type ErrorPolicy,
  failureOfError,
  failureOfFetch,
} from '../run/record-failures.ts';
import type { Run } from '../run/run.ts';
import { KnownEntities } from './known-entities.ts';
import { compilePath } from './path.ts';
import { compilePrepare, type Prepare } from './prepare-answer.ts';
import { compileRepresenters } from './represent.ts';
import type { DropUnasked } from './unasked-keys.ts';

/** The objects of one run that a group's fetch is for. */
export interface BoundGroup {
  /** JSON text of each distinct entity. */
  readonly representations: readonly string[];
  readonly targets: readonly JsonObject[];
  /** For each target, the index of its representation. */
  readonly entityOf: readonly number[];
}

export interface CompiledGroup {
  readonly alias: string;
  readonly prepare: Prepare | null;
  bind(run: Run): BoundGroup;
  /** Merges what came back, one entity for each representation, and records errors. */
  merge(run: Run, bound: BoundGroup, entities: readonly (LoadedEntity | Error | undefined)[]): void;
}

interface GroupContext {
  readonly subgraph: string;
  readonly isSubtype: SubtypeCheck;
  /** Response keys that the group's fetch fills. */
  readonly keys: readonly string[];
  /** Field name by response key. */
  readonly names: ReadonlyMap<string, string>;
  /** Told of fields for which a kept value stands in. */
  readonly onServedForError: (coordinates: readonly string[]) => void;
  /** Whether equal entities may be one object in the response; see `keysAreUnambiguous`. */
  readonly shareObjects: boolean;
  readonly dropUnasked: DropUnasked | null;
  /** Whether what it loads may be merged for other groups of the run too. */
  readonly joinsLoads: boolean;
  readonly errors: ErrorPolicy;
}

export function compileGroup(group: EntityGroup, context: GroupContext): CompiledGroup {
  const walks = group.paths.map(compilePath);
  const findRepresenter = compileRepresenters(group.requires, context.isSubtype);
  const prepare = compilePrepare(group.outputRewrites, context.dropUnasked);
  const sources = requiredSources(group.requires);

  const bind = (run: Run): BoundGroup => {
    const known = new KnownEntities(findRepresenter);
    const targets: JsonObject[] = [];
    const entityOf: number[] = [];
    /** By entity: the object that stands for it wherever it is bare, if its first place is. */
    const twins: (JsonObject | null)[] = [];

    const visit = (object: JsonObject, parent: JsonObject | Json[], key: string | number): void => {
      const entity = known.identify(object);
      if (entity < 0) {
        if (run.failures.size > 0) blameRequirements(run, object, { sources, keys: context.keys });
        return;
      }
      const twin = twins[entity];
      if (twin === object) return;
      if (twin === undefined) {
        twins.push(context.shareObjects && known.isBare(object) ? object : null);
      } else if (twin !== null && known.isBare(object) && !run.held.has(object)) {
        (parent as Record<string | number, Json>)[key] = twin;
        if (!run.shared.has(twin)) run.shared.set(twin, []);
        return;
      }
      entityOf.push(entity);
      targets.push(object);
      run.held.add(object);
    };
    for (const walk of walks) walk(run.data, run.shared, visit);
    return { representations: known.representations, targets, entityOf };
  };

  const merge = compileMerge(prepare, context);
  return { alias: group.alias, prepare, bind, merge };
}

/** Merges entities into their objects, and records what went wrong with them. */
function compileMerge(prepare: Prepare | null, context: GroupContext): CompiledGroup['merge'] {
  return (run, bound, entities) => {
    const record = recorder(run, context);
    const merged = new Set<number>();
    for (const [position, target] of bound.targets.entries()) {
      const index = bound.entityOf[position] as number;
      const entity = entities[index];
      if (entity === undefined) continue;
      if (entity instanceof Error) {
        record(entity, target);
        continue;
      }
      const again = merged.has(index);
      merged.add(index);
      if (entity.value !== null) {
        if (!again && prepare !== null && isNew(run, entity.value, context))
          prepare(entity.value, target['__typename']);
        mergeInto(target, again ? twinOf(entity.value, run, context) : entity.value);
      }
      if (entity.kept !== undefined) noteStandIn(run, { target, entity, kept: entity.kept }, context);
      for (const error of entity.errors) record(error, target);
    }
  };
}

/** What another group has merged is a part of the response: other things may have been added to it. */
function isNew({ prepared }: Run, value: JsonObject, { joinsLoads }: GroupContext): boolean {
  if (!joinsLoads) return true;
  if (prepared.has(value)) return false;
  prepared.add(value);
  return true;
}

interface KeptAt {
  readonly target: JsonObject;
  readonly entity: LoadedEntity;
  readonly kept: Kept;
}

/** Only of what stands in for something that could not be had. */
function noteStandIn(run: Run, { target, entity: { value }, kept }: KeptAt, context: GroupContext): void {
  if (kept.insteadOf === null || value === null) return;
  context.onServedForError(noteKept(run, target, { ...context, kept, value }));
}

/** Keys of the response, at the object itself, that representations are made from. */
function requiredSources(requires: readonly RequiredSelection[]): readonly string[] {
  const sources = requires.flatMap(selection =>
    selection.kind === 'field' ? [selection.source] : requiredSources(selection.selections),
  );
  return [...new Set(sources)].filter(source => source !== '__typename');
}

/** What an object cannot be asked for, as what it takes to ask has failed, fails for the same reason. */
function blameRequirements(
  run: Run,
  object: JsonObject,
  { sources, keys }: { readonly sources: readonly string[]; readonly keys: readonly string[] },
): void {
  for (const source of sources) {
    for (const { failure } of run.failures.at(object, source))
      anchorAtFields(run, failure, { targets: [object], keys });
  }
}

/** The value for one more place: what hangs below it is shared with the places before, or copied if it must not be. */
function twinOf(value: JsonObject, run: Run, context: GroupContext): JsonObject {
  if (!context.shareObjects) return structuredClone(value);
  for (const key in value) {
    const below = value[key];
    if (typeof below === 'object' && below !== null && !run.shared.has(below)) run.shared.set(below, []);
  }
  return value;
}

/** Records errors at targets; one error is one failure, at however many places. */
function recorder(
  run: Run,
  context: GroupContext,
): (error: Error | SubgraphError, target: JsonObject) => void {
  const failures = new Map<Error | SubgraphError, Failure>();
  const { subgraph, keys } = context;
  return (error, target) => {
    const isFetchFailure = error instanceof Error;
    const failure =
      failures.get(error) ??
      (isFetchFailure ? failureOfFetch(error, subgraph) : failureOfError(error, subgraph, context.errors));
    failures.set(error, failure);
    if (isFetchFailure || error.path === null) anchorAtFields(run, failure, { targets: [target], keys });
    else anchorAtPath(run, failure, { from: target, path: error.path });
  };
}
