interface Waiting<I, O> {
  readonly item: I;
  readonly resolve: (result: O | Promise<O>) => void;
  readonly reject: (error: unknown) => void;
}

/** Does several things at once, and answers in their order; where one of them fails alone, with its rejection. */
export type RunTogether<I, O> = (items: readonly I[]) => Promise<readonly (O | Promise<O>)[]>;

interface CoalesceOptions<I> {
  /** That are run together. */
  readonly atMost: number;
  /** And how much of it: what alone is more is run alone. */
  readonly atMostSize: number;
  readonly sizeOf: (item: I) => number;
  /**
   * What is asked for while others are run waits for their end, at most so long, ms: the more there is to do, the more is
   * done together, as with the group commit of databases. 0: it waits for the end of its turn of the event loop only.
   */
  readonly holdMs: number;
}

/** Runs together what is asked for in one turn of the event loop, so that it costs one round trip and not one each. */
export function coalesce<I, O>(run: RunTogether<I, O>, options: CoalesceOptions<I>): (item: I) => Promise<O> {
  const { atMost, holdMs } = options;
  let waiting: Waiting<I, O>[] = [];
  let running = 0;
  let held: NodeJS.Timeout | null = null;

  const depart = (): void => {
    if (held !== null) clearTimeout(held);
    held = null;
    const all = waiting;
    waiting = [];
    for (let start = 0; start < all.length; ) {
      const end = endOfRun(all, start, options);
      running++;
      void runTogether(all.slice(start, end), run).then(ended);
      start = end;
    }
  };
  const departIfHeld = (): void => {
    if (running === 0 && held !== null) depart();
  };
  const ended = (): void => {
    running--;
    // After what this turn still reads from its sockets, here too.
    if (running === 0 && held !== null) setImmediate(departIfHeld);
  };
  return item =>
    new Promise((resolve, reject) => {
      const count = waiting.push({ item, resolve, reject });
      if (count === 1) {
        if (holdMs > 0 && running > 0) held = setTimeout(depart, holdMs);
        else setImmediate(depart);
      } else if (held !== null && count >= atMost) depart();
    });
}

/** Where those end that are run together with the first of them. */
function endOfRun<I, O>(
  all: readonly Waiting<I, O>[],
  start: number,
  { atMost, atMostSize, sizeOf }: CoalesceOptions<I>,
): number {
  let end = start;
  let size = 0;
  do size += sizeOf((all[end++] as Waiting<I, O>).item);
  while (
    end < all.length &&
    end - start < atMost &&
    size + sizeOf((all[end] as Waiting<I, O>).item) <= atMostSize
  );
  return end;
}

/** Never rejects. */
async function runTogether<I, O>(waiting: readonly Waiting<I, O>[], run: RunTogether<I, O>): Promise<void> {
  try {
    const results = await run(waiting.map(({ item }) => item));
    for (const [i, { resolve }] of waiting.entries()) resolve(results[i] as O);
    // Those that take longer by themselves are on their way, too. Where there are none, the end is now.
    const later = results.filter(result => result instanceof Promise);
    if (later.length > 0) await Promise.allSettled(later);
  } catch (error) {
    for (const { reject } of waiting) reject(error);
  }
}
