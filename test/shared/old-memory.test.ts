import { expect, test } from 'vitest';
import { REPOSITORY, startProcess } from '../support/start-cli.ts';

test('what has ended is collected with the young, also where what it was noted in is old', async () => {
  const filler = `${REPOSITORY}/test/shared/old-memory-filler.ts`;
  await using process = startProcess(['--expose-gc', '--import', 'jiti/register', filler], {});
  expect(await process.ended(), process.output.stderr).toBe(0);
  const { unread, inFlight } = JSON.parse(process.output.stdout) as Record<'unread' | 'inFlight', number>;
  // Of some 20 MB each.
  expect(unread).toBeLessThan(2_000_000);
  expect(inFlight).toBeLessThan(3_000_000);
});
