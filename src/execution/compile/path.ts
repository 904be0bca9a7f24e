import type { Json, JsonObject } from '../../shared/json.ts';
import type { PathSegment, ResponsePath } from '../plan.ts';

/** Called with each object at a path, and where it hangs: so that it can be replaced by its shared twin. */
export type Visit = (object: JsonObject, parent: JsonObject | Json[], key: string | number) => void;

/** @param shared objects that hang at several places; each is walked once a segment. */
export type Walk = (root: JsonObject, shared: ReadonlyMap<object, unknown>, visit: Visit) => void;

interface Walker {
  readonly shared: ReadonlyMap<object, unknown>;
  readonly visit: Visit;
  /** By segment: which shared objects have been walked. */
  readonly walked: (Set<object> | undefined)[];
  /** Where the value at hand hangs. */
  parent: JsonObject | Json[];
  key: string | number;
}

type Step = (value: Json | undefined, walker: Walker) => void;

/** Compiles a response path to a function that visits the objects at it. An empty path visits the root. */
export function compilePath(path: ResponsePath): Walk {
  const first = path.reduceRight<Step>((next, segment, index) => once(step(segment, next), index), arrive);
  return (root, shared, visit) => first(root, { shared, visit, walked: [], parent: root, key: '' });
}

const arrive: Step = (value, walker) => {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) forEachItem(value, arrive, walker);
  else walker.visit(value, walker.parent, walker.key);
};

function forEachItem(list: Json[], next: Step, walker: Walker): void {
  for (let index = 0; index < list.length; index++) {
    walker.parent = list;
    walker.key = index;
    next(list[index], walker);
  }
}

function step(segment: PathSegment, next: Step): Step {
  switch (segment.kind) {
    case 'field': {
      const { key } = segment;
      const enter: Step = (value, walker) => {
        if (typeof value !== 'object' || value === null) return;
        // A planner may write one list segment for a list of lists.
        if (Array.isArray(value)) return forEachItem(value, enter, walker);
        walker.parent = value;
        walker.key = key;
        next(value[key], walker);
      };
      return enter;
    }
    case 'list':
      return (value, walker) => {
        if (Array.isArray(value)) forEachItem(value, next, walker);
      };
    case 'types': {
      const names: ReadonlySet<unknown> = new Set(segment.names);
      const enter: Step = (value, walker) => {
        if (typeof value !== 'object' || value === null) return;
        if (Array.isArray(value)) return forEachItem(value, enter, walker);
        const typeName = value['__typename'];
        // Planners ask for the name where it could be another; at the root, say, they do not.
        if (typeName === undefined || names.has(typeName)) next(value, walker);
      };
      return enter;
    }
  }
}

/** Without this, objects that share objects that share objects would be walked once for each way to them. */
function once(body: Step, index: number): Step {
  return (value, walker) => {
    if (typeof value !== 'object' || value === null) return;
    if (walker.shared.size > 0 && walker.shared.has(value)) {
      walker.walked[index] ??= new Set();
      const walked = walker.walked[index];
      if (walked.has(value)) return;
      walked.add(value);
    }
    body(value, walker);
  };
}
