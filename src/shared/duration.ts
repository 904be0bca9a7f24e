const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/**
 * Milliseconds of a duration as written in config and directives: `250ms`, `5s`, `1.5m`, `2h`, `7d`.
 * @throws RangeError naming the text and the units when it is anything else.
 */
export function parseDuration(text: string): number {
  const match = DURATION.exec(text);
  if (match === null) {
    throw new RangeError(
      `"${text}" is not a duration; write a number and one of ms, s, m, h, d, as in "250ms"`,
    );
  }
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}
