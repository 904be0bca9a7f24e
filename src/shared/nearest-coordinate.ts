import { nearest } from './nearest.ts';

/**
 * As `nearest`, of coordinates (`Type.field`): where the type is there, only its own fields are like a misspelt one.
 * Whole texts differ little between any two fields of a type with a long name.
 */
export function nearestCoordinate(word: string, candidates: readonly string[]): string | undefined {
  const prefix = word.slice(0, word.indexOf('.') + 1);
  const own = candidates.filter(candidate => prefix !== '' && candidate.startsWith(prefix));
  if (own.length === 0) return nearest(word, candidates);
  const field = nearest(
    word.slice(prefix.length),
    own.map(candidate => candidate.slice(prefix.length)),
  );
  return field === undefined ? undefined : `${prefix}${field}`;
}
