import { setTimeout as sleep } from 'node:timers/promises';

/** All that could be done by now is: in several turns of the loop, as one that is late runs timers first. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await sleep(3);
}
