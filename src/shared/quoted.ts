const MAX_CHARACTERS = 80;

/** A text of somebody else's, as a message may repeat it: on one line, in quotation marks, and not at length. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text);
}
