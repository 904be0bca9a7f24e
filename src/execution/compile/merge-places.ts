import type { SelectionSetNode } from 'graphql';
import type { EntityGroup, FetchPlan, ResponsePath, Rewrite } from '../plan.ts';
import { type FetchedFields, fieldsOf } from './fetched-fields.ts';

/** What is merged as a whole: the answer of a fetch of root fields (null), or the entities of a group. */
export type Brought = EntityGroup | null;

/** A place of the response, or several at which one object may stand. Lists are not told from what is in them. */
export interface MergePlace {
  /** Who is asked for which response key here. */
  readonly subgraphsOf: ReadonlyMap<string, ReadonlySet<string>>;
  below(key: string): MergePlace | null;
}

/** Where all that the fetches of a plan bring comes together. Holds nothing of their operations. */
export interface MergePlaces {
  /** The place of the objects that it is merged into. */
  of(fetch: FetchPlan, brought: Brought): MergePlace;
}

/**
 * Reads from a whole plan who is asked for what at each place of the response. All paths of a group are one place, as equal
 * entities may be one object wherever they stand; so are those of fetches that may share what they load.
 */
export function findMergePlaces(fields: ReadonlyMap<FetchPlan, FetchedFields>): MergePlaces {
  const root = new Place();
  const places = new Map<string, Place>();
  const ofBrought = new Map<Brought | FetchPlan, Place>();
  const all = [...fields].flatMap(([fetch, asked]) =>
    broughtBy(fetch).map(brought => ({ fetch, asked, brought })),
  );
  for (const { fetch, brought } of all) {
    const signature = JSON.stringify([fetch.subgraph, fetch.operation, brought?.alias ?? fetch.target]);
    for (const path of pathsOf(fetch, brought)) {
      const place = root.at(path);
      const known = places.get(signature);
      if (known === undefined) places.set(signature, place);
      else known.join(place);
    }
    ofBrought.set(brought ?? fetch, places.get(signature) ?? root);
  }
  for (const { fetch, asked, brought } of all) {
    const set = asked.setOf(brought?.alias ?? null);
    const place = (ofBrought.get(brought ?? fetch) ?? root).itself;
    if (set !== undefined) new Asking(fetch.subgraph, asked).note(set, place, renamesOf(fetch, brought));
  }
  return { of: (fetch, brought) => (ofBrought.get(brought ?? fetch) ?? root).itself };
}

/** A key that is another once the planner's changes have been made. Conditions on types are left open. */
export interface Renamed {
  /** Response keys on the way to it, itself the last. */
  readonly keys: readonly string[];
  readonly to: string;
}

export function renamesOf(fetch: FetchPlan, brought: Brought): readonly Renamed[] {
  const rewrites =
    brought?.outputRewrites ?? (fetch.target.kind === 'root' ? fetch.target.outputRewrites : []);
  return rewrites.flatMap((rewrite: Rewrite) =>
    rewrite.kind === 'rename' ? [{ keys: keysIn(rewrite.path), to: rewrite.to }] : [],
  );
}

/** The keys that a selected one may go by, and the changes that are left for what is below it. */
export function keysAfter(
  key: string,
  renames: readonly Renamed[],
): { readonly keys: readonly string[]; readonly below: readonly Renamed[] } {
  if (renames.length === 0) return { keys: [key], below: renames };
  const here = renames.filter(({ keys }) => keys[0] === key);
  const to = here.flatMap(renamed => (renamed.keys.length === 1 ? [renamed.to] : []));
  const below = here.flatMap(({ keys: [, ...rest], to: name }) =>
    rest.length === 0 ? [] : [{ keys: rest, to: name }],
  );
  return { keys: [key, ...to], below };
}

function broughtBy({ target }: FetchPlan): readonly Brought[] {
  return target.kind === 'root' ? [null] : target.groups;
}

function pathsOf({ target }: FetchPlan, brought: Brought): readonly ResponsePath[] {
  if (brought !== null) return brought.paths;
  return target.kind === 'root' ? [target.path] : [];
}

function keysIn(path: ResponsePath): readonly string[] {
  return path.flatMap(segment => (segment.kind === 'field' ? [segment.key] : []));
}

class Place implements MergePlace {
  readonly #subgraphsOf = new Map<string, Set<string>>();
  readonly #below = new Map<string, Place>();
  /** The place that this one has become a part of. */
  #whole: Place | null = null;

  get itself(): Place {
    return this.#whole === null ? this : this.#whole.itself;
  }

  get subgraphsOf(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#subgraphsOf;
  }

  below(key: string): Place | null {
    return this.itself.#below.get(key)?.itself ?? null;
  }

  at(path: ResponsePath): Place {
    let place: Place = this.itself;
    for (const key of keysIn(path)) place = place.enter(key);
    return place;
  }

  enter(key: string): Place {
    const place = this.below(key) ?? new Place();
    this.itself.#below.set(key, place);
    return place;
  }

  /** Before anything is noted at either. Paths within one another make a place that is below itself. */
  join(other: Place): void {
    const [here, there] = [this.itself, other.itself];
    if (here === there) return;
    there.#whole = here;
    for (const [key, place] of there.#below) {
      const known = here.itself.below(key);
      if (known === null) here.itself.#below.set(key, place);
      else known.join(place);
    }
  }

  note(key: string, subgraph: string): void {
    const subgraphs = this.#subgraphsOf.get(key) ?? new Set();
    this.#subgraphsOf.set(key, subgraphs.add(subgraph));
  }
}

/** Notes what one subgraph is asked for. */
class Asking {
  readonly #subgraph: string;
  readonly #asked: FetchedFields;
  /** Fragments that are spread again and again would take as long as they are in full. */
  readonly #noted = new Map<Place, Set<SelectionSetNode>>();

  constructor(subgraph: string, asked: FetchedFields) {
    this.#subgraph = subgraph;
    this.#asked = asked;
  }

  note(set: SelectionSetNode, place: Place, renames: readonly Renamed[]): void {
    const noted = this.#noted.get(place) ?? new Set();
    if (noted.has(set) && renames.length === 0) return;
    this.#noted.set(place, noted.add(set));
    for (const { key, set: inner } of fieldsOf(set, this.#asked.fragments)) {
      const after = keysAfter(key, renames);
      for (const name of after.keys) {
        place.note(name, this.#subgraph);
        if (inner !== undefined) this.note(inner, place.enter(name), after.below);
      }
    }
  }
}
