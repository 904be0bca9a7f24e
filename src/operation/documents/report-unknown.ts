import type { Clock } from '../../shared/clock.ts';
import { sha256 } from '../../shared/hash.ts';
import { Lru } from '../../shared/lru.ts';

const MAX_REMEMBERED = 1_000;
const MAX_A_MINUTE = 60;
const MINUTE_MS = 60_000;

/**
 * Passes each unknown document on once, and only so many a minute: clients choose the texts, and a log is not
 * theirs to fill. What is dropped for the rate is reported when it comes again.
 */
export function boundedReports(
  report: (text: string, name: string | null) => void,
  clock: Clock,
): (text: string, name: string | null) => void {
  const reported = new Lru<string, true>(MAX_REMEMBERED);
  let since = Number.NEGATIVE_INFINITY;
  let left = 0;
  return (text, name) => {
    const hash = sha256(text);
    if (reported.get(hash) !== undefined) return;
    const now = clock.elapsed();
    if (now - since >= MINUTE_MS) {
      since = now;
      left = MAX_A_MINUTE;
    }
    if (left === 0) return;
    left--;
    reported.set(hash, true);
    report(text, name);
  };
}
