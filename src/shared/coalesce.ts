interface Waiting<I, O> {
  readonly item: I;
  readonly resolve: (result: O | Promise<O>) => void;
  readonly reject: (error: unknown) => void;
}

/** Does several things at once, and answers in their order; where one of them fails alone, with its rejection. */
export type RunTogether<I, O> = (items: readonly I[]) => Promise<readonly (O | Promise<O>)[]>;

/**
 * Runs together what is asked for in one turn of the event loop, so that it costs one round trip and not one each.
 * @param atMost that are run together.
 */
export function coalesce<I, O>(run: RunTogether<I, O>, atMost: number): (item: I) => Promise<O> {
  let waiting: Waiting<I, O>[] = [];

  const flush = (): void => {
    const all = waiting;
    waiting = [];
    for (let start = 0; start < all.length; start += atMost)
      void runTogether(all.slice(start, start + atMost), run);
  };
  return item =>
    new Promise((resolve, reject) => {
      // After what this turn still reads from its sockets.
      if (waiting.push({ item, resolve, reject }) === 1) setImmediate(flush);
    });
}

async function runTogether<I, O>(waiting: readonly Waiting<I, O>[], run: RunTogether<I, O>): Promise<void> {
  try {
    const results = await run(waiting.map(({ item }) => item));
    for (const [i, { resolve }] of waiting.entries()) resolve(results[i] as O);
  } catch (error) {
    for (const { reject } of waiting) reject(error);
  }
}
