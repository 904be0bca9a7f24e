/**
 * V8 keeps code that it has compiled twice, for good, and takes texts of more than 16,383 characters for the same if they
 * are as long as each other: of distinct operations none would ever be forgotten. Hence no two of a row are as long.
 */
const LENGTHS = 4_096;
let generated = 0;

/** Text of a program, with spaces at its end. */
export function padded(text: string): string {
  generated = (generated + 1) % LENGTHS;
  return text + ' '.repeat(generated);
}
