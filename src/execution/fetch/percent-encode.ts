const OF_A_FACT = /^[\x21\x23\x24\x26-\x2b\x2d-\x5b\x5d-\x7e]*$/;
const NOT_OF_A_FACT = /[^\x21\x23\x24\x26-\x2b\x2d-\x5b\x5d-\x7e]/gu;

/**
 * A text as visible ASCII that has no quote, comma or backslash, so that it can neither end a header nor be
 * two items of a list. Every other character, and `%` itself, is its UTF-8 bytes in percent-encoding (RFC 3986,
 * section 2.1): two texts never look alike.
 */
export function percentEncode(text: string): string {
  return OF_A_FACT.test(text) ? text : text.replace(NOT_OF_A_FACT, encodeCharacter);
}

function encodeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0xd800 || code > 0xdfff) return encodeURIComponent(character);
  // Half of a surrogate pair has no UTF-8; as the bytes it would have, it is no other text's.
  return [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)]
    .map(byte => `%${byte.toString(16).toUpperCase()}`)
    .join('');
}
