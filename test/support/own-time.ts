/** How often it is looked whether time has passed, ms. */
const TICK_MS = 5;
/** What may lie between two looks of a process that waits, ms. What is more and was not worked in, others had. */
const MOST_MS = 3 * TICK_MS;

export interface OwnTime extends Disposable {
  /** Since it was started, ms. */
  readonly ms: number;
}

/**
 * Time that this process has waited or worked: a limit on it says of what is tested the same on a machine that is busy
 * with others as on one that is not. What it stood still for without working, as they had the machine, is not counted.
 */
export function startOwnTime(): OwnTime {
  let own = 0;
  let lookedAt = performance.now();
  let workedBy = workedMs();
  const look = (): number => {
    const now = performance.now();
    const worked = workedMs();
    own += Math.min(now - lookedAt, MOST_MS + worked - workedBy);
    [lookedAt, workedBy] = [now, worked];
    return own;
  };
  const timer = setInterval(look, TICK_MS);
  return {
    get ms() {
      return look();
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** Of all threads, so those that plan are counted, too. */
function workedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
