/**
 * What the work brings, unless it takes too long. The work itself goes on: others may wait for it.
 * @throws what `tooLate` gives, and whatever the work fails with in time
 */
export async function withinTime<T>(work: PromiseLike<T>, timeMs: number, tooLate: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    // Timers cut off what is no whole millisecond: nobody is to be told before the time is over.
    timer = setTimeout(() => reject(tooLate()), Math.max(0, Math.ceil(timeMs)));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
