const UNIT_BYTES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

const SIZE = /^(\d+)\s*(B|KiB|MiB|GiB)$/;

/**
 * Bytes of a size as written in config: `512B`, `64KiB`, `32MiB`, `1GiB`.
 * @throws RangeError naming the text and the units when it is anything else.
 */
export function parseBytes(text: string): number {
  const match = SIZE.exec(text);
  if (match === null) {
    throw new RangeError(
      `"${text}" is not a size; write a number and one of B, KiB, MiB, GiB, as in "32MiB"`,
    );
  }
  const bytes = Number(match[1]) * UNIT_BYTES[match[2] as keyof typeof UNIT_BYTES];
  if (!Number.isSafeInteger(bytes)) throw new RangeError(`"${text}" is more than any machine has`);
  return bytes;
}
