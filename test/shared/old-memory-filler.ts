// Notes short-lived work in what is old itself and prints what is left of it in old memory. Run with jiti and --expose-gc.
import type { ServerResponse } from 'node:http';
import { getHeapSpaceStatistics } from 'node:v8';
import { UnreadAnswers } from '../../src/http/unread-answers.ts';
import { InFlight } from '../../src/shared/in-flight.ts';

const collect = globalThis.gc as (options?: { readonly type: 'minor' }) => void;
const TOGETHER = 50;

/**
 * What is left in old memory of short-lived work, in bytes, while only the young is collected. Whatever notes the work
 * is old itself by then, as in a gateway that has run for a while.
 * @param work does it so many times
 */
async function growthOfOldMemory(work: (times: number) => void | Promise<void>): Promise<number> {
  await work(100);
  collect();
  const before = oldBytes();
  await work(20_000);
  collect({ type: 'minor' });
  collect({ type: 'minor' });
  return oldBytes() - before;
}

function oldBytes(): number {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space');
  return space?.space_used_size ?? 0;
}

const unread = new UnreadAnswers(60_000);

function answerAndEnd(times: number): void {
  for (let i = 0; i < times; i += TOGETHER) {
    const responses = Array.from({ length: TOGETHER }, () => ({ request: new Array(100).fill(i) }));
    const ends = responses.map(response => unread.begun(response as unknown as ServerResponse));
    for (const end of ends) end();
  }
}

const inFlight = new InFlight<object>();

async function runAndEnd(times: number): Promise<void> {
  for (let i = 0; i < times; i += TOGETHER) {
    const wishes = Array.from({ length: TOGETHER }, (_, j) => ({
      key: `k${i + j}`,
      now: 0,
      deadlineAt: 1_000_000,
    }));
    await Promise.all(
      wishes.map(wish =>
        inFlight.start(wish, async () => {
          await new Promise(setImmediate);
          return new Array(100).fill(i);
        }),
      ),
    );
  }
}

const left = { unread: await growthOfOldMemory(answerAndEnd), inFlight: await growthOfOldMemory(runAndEnd) };
unread.close();
process.stdout.write(JSON.stringify(left));
