/** A part of a tag that comes from a field's arguments, or from the key of an entity. */
export interface TagPlaceholder {
  readonly from: 'args' | 'key';
  readonly path: readonly string[];
}

/** A tag as text and placeholders: `product-{$key.id}`. */
export type TagFormat = readonly (string | TagPlaceholder)[];

const LONGEST = 256;
const MAX_PLACEHOLDERS = 8;
const DEEPEST = 8;

const PLACEHOLDER = /^\$(args|key)((?:\.[_A-Za-z][_0-9A-Za-z]*)+)$/;

/** Reads a format of `@cacheTag`. @throws RangeError that says what is wrong. */
export function parseTagFormat(text: string): TagFormat {
  if (text === '') throw new RangeError('is empty');
  if (text.length > LONGEST) throw new RangeError(`is longer than ${LONGEST} characters`);
  const parts: (string | TagPlaceholder)[] = [];
  let at = 0;
  for (const found of text.matchAll(/\{([^{}]*)\}/g)) {
    addLiteral(text.slice(at, found.index), parts);
    parts.push(readPlaceholder(found[1] ?? ''));
    at = found.index + found[0].length;
  }
  addLiteral(text.slice(at), parts);
  const placeholders = parts.filter(part => typeof part !== 'string');
  if (placeholders.length > MAX_PLACEHOLDERS)
    throw new RangeError(`has more than ${MAX_PLACEHOLDERS} placeholders`);
  return Object.freeze(parts);
}

/** Any text but braces, which somebody meant to be around a placeholder. */
function addLiteral(text: string, parts: (string | TagPlaceholder)[]): void {
  if (text === '') return;
  if (/[{}]/.test(text))
    throw new RangeError(`has a brace that is not around a placeholder: ${JSON.stringify(text)}`);
  parts.push(text);
}

function readPlaceholder(text: string): TagPlaceholder {
  const [, from, path] = PLACEHOLDER.exec(text.trim()) ?? [];
  if (from === undefined || path === undefined)
    throw new RangeError(`has {${text}}; write {$args.argument} on a field, {$key.field} on a type`);
  const names = path.slice(1).split('.');
  if (names.length > DEEPEST) throw new RangeError(`has {${text}}, which goes deeper than ${DEEPEST} names`);
  return Object.freeze({ from: from as 'args' | 'key', path: Object.freeze(names) });
}
