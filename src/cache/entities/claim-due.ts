import { setTimeout as sleep } from 'node:timers/promises';
import type { Claim, Due, Refreshes } from '../freshness/refreshes.ts';

/** Somebody else is waited for so long: it is no worse then to make it twice. */
const POLLS = 20;
const POLL_MS = 15;

/**
 * Waits until each value that is due has been made by whoever makes it already, or may be made here; but not for long.
 * @param findDue what is due still, as it is found now
 * @returns what ends all that may be made here
 */
export async function claimDue(
  refreshes: Refreshes,
  findDue: () => Promise<readonly Due[]>,
): Promise<() => void> {
  const claims: Claim[] = [];
  const end = (): void => {
    for (const claim of claims) claim.end();
  };
  const claimed = new Set<string>();
  try {
    for (let poll = 0; poll < POLLS; poll++) {
      const due = (await findDue()).filter(({ key }) => !claimed.has(key));
      if (due.length === 0) break;
      // Whoever makes it has just begun, or is about to end.
      if (poll > 0) await sleep(POLL_MS);
      const claim = await refreshes.claim(due);
      claims.push(claim);
      for (const position of claim.due) claimed.add(due[position]?.key ?? '');
    }
  } catch (error) {
    end();
    throw error;
  }
  return end;
}
