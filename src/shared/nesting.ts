const NEWLINE = 10;
const RETURN = 13;
const QUOTE = 34;
const HASH = 35;
const BACKSLASH = 92;

/**
 * Whether brackets nest deeper than a bound in a JSON or GraphQL text, in one pass and constant memory.
 * It runs before `JSON.parse` and graphql's `parse`, whose recursion (or that of whoever walks what they
 * return) would otherwise end in a RangeError. Strings, block strings and comments are passed over exactly
 * as the two grammars read them: a scanner that disagreed could be blinded by a quote in a comment.
 */
export function nestsDeeperThan(text: string, maxDepth: number): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) index = endOfString(text, index);
    else if (code === HASH) index = endOfLine(text, index);
    else if (code === 123 || code === 91 || code === 40) {
      if (++depth > maxDepth) return true;
    } else if (code === 125 || code === 93 || code === 41) depth--;
  }
  return false;
}

/** Index of the last character of the string that starts at `start`; a broken one ends with its line. */
function endOfString(text: string, start: number): number {
  if (text.startsWith('"""', start)) return endOfBlockString(text, start);
  for (let index = start + 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === BACKSLASH) index++;
    else if (code === QUOTE || code === NEWLINE || code === RETURN) return index;
  }
  return text.length;
}

function endOfBlockString(text: string, start: number): number {
  let end = text.indexOf('"""', start + 3);
  while (end > 0 && text.charCodeAt(end - 1) === BACKSLASH) end = text.indexOf('"""', end + 3);
  return end < 0 ? text.length : end + 2;
}

function endOfLine(text: string, start: number): number {
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === NEWLINE || code === RETURN) return index;
  }
  return text.length;
}
