import { afterArrivals } from './after-arrivals.ts';

/**
 * What the work brings, unless it takes too long. The work itself goes on: others may wait for it. What is there by now
 * came in time, also where this process has been too busy to look.
 * @throws what `tooLate` gives, and whatever the work fails with in time
 */
export function withinTime<T>(work: PromiseLike<T>, timeMs: number, tooLate: () => Error): Promise<T> {
  // By hand, as requests wait for this more than once each: of a race there would be four promises.
  return new Promise<T>((resolve, reject) => {
    // Timers cut off what is no whole millisecond: nobody is to be told before the time is over.
    const timer = setTimeout(() => afterArrivals(() => reject(tooLate())), Math.max(0, Math.ceil(timeMs)));
    work.then(
      result => {
        clearTimeout(timer);
        resolve(result);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
