import {
  type CacheTarget,
  type KeyLeaves,
  leavesOf,
  tagsOfEntity,
  tagsOfTarget,
} from '../policy/tag-names.ts';
import { relatedTypes, type TypeSources } from './related-types.ts';

/** The tags to invalidate so that nothing is served that has to do with one of the targets, under whatever type it is kept. */
export function tagsOfTargets(targets: readonly CacheTarget[], sources: TypeSources): readonly string[] {
  return [...new Set(targets.flatMap(target => tagsOf(target, sources)))];
}

/** To invalidate an entity. @param leaves of one of the keys of the type */
export function tagsOfEntityAnywhere(
  type: string,
  leaves: KeyLeaves,
  sources: TypeSources,
): readonly string[] {
  const paths = leaves.map(([path]) => path);
  return relatedTypes(type, sources).flatMap(related => {
    const keys = sources.keys.get(related) ?? [];
    if (related === type || keys.some(key => samePaths(key.paths, paths)))
      return tagsOfEntity(related, leaves);
    // Which of its entities it is nobody can tell.
    return keys.length === 0 ? [] : tagsOfTarget({ kind: 'type', type: related });
  });
}

/** To invalidate all that holds a value of a type. */
export function tagsOfTypeAnywhere(type: string, sources: TypeSources): readonly string[] {
  return relatedTypes(type, sources).flatMap(related => tagsOfTarget({ kind: 'type', type: related }));
}

function tagsOf(target: CacheTarget, sources: TypeSources): readonly string[] {
  switch (target.kind) {
    case 'type':
      return tagsOfTypeAnywhere(target.type, sources);
    case 'entity':
      return tagsOfEntityAnywhere(target.type, leavesOf(target.key), sources);
    default:
      return tagsOfTarget(target);
  }
}

/** Both in the order of their names. */
export function samePaths(paths: readonly (readonly string[])[], dotted: readonly string[]): boolean {
  return paths.length === dotted.length && paths.every((path, i) => path.join('.') === dotted[i]);
}
