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
}

type Step = (
  value: Json | undefined,
  parent: JsonObject | Json[],
  key: string | number,
  walker: Walker,
) => void;

/** Compiles a response path to a function that visits the objects at it. An empty path visits the root. */
export function compilePath(path: ResponsePath): Walk {
  const first = path.reduceRight<Step>((next, segment, index) => once(step(segment, next), index), arrive);
  return (root, shared, visit) => first(root, root, '', { shared, visit, walked: [] });
}

const arrive: Step = (value, parent, key, walker) => {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) walker.visit(value, parent, key);
  else for (let index = 0; index < value.length; index++) arrive(value[index], value, index, walker);
};

function step(segment: PathSegment, next: Step): Step {
  switch (segment.kind) {
    case 'field': {
      const { key } = segment;
      const enter: Step = (value, _parent, _key, walker) => {
        if (!Array.isArray(value)) next((value as JsonObject)[key], value as JsonObject, key, walker);
        // A planner may write one list segment for a list of lists.
        else
          for (const item of value)
            if (typeof item === 'object' && item !== null) enter(item, value, 0, walker);
      };
      return enter;
    }
    case 'list':
      return (value, _parent, _key, walker) => {
        if (!Array.isArray(value)) return;
        for (let index = 0; index < value.length; index++) next(value[index], value, index, walker);
      };
    case 'types': {
      const names: ReadonlySet<unknown> = new Set(segment.names);
      const enter: Step = (value, parent, key, walker) => {
        if (Array.isArray(value)) {
          for (const [index, item] of value.entries())
            if (typeof item === 'object' && item !== null) enter(item, value, index, walker);
        } else {
          const typeName = (value as JsonObject)['__typename'];
          // Planners ask for the name where it could be another; at the root, say, they do not.
          if (typeName === undefined || names.has(typeName)) next(value, parent, key, walker);
        }
      };
      return enter;
    }
  }
}

/** Without this, objects that share objects that share objects would be walked once for each way to them. */
function once(body: Step, index: number): Step {
  return (value, parent, key, walker) => {
    if (typeof value !== 'object' || value === null) return;
    if (walker.shared.size > 0 && walker.shared.has(value)) {
      walker.walked[index] ??= new Set();
      const walked = walker.walked[index];
      if (walked.has(value)) return;
      walked.add(value);
    }
    body(value, parent, key, walker);
  };
}
