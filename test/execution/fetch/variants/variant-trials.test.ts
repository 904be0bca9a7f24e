import { expect, test } from 'vitest';
import { parseConfig } from '../../../../src/config/parse.ts';
import { variantsConfig } from '../../../../src/config/variants.ts';
import { VariantTrials } from '../../../../src/execution/fetch/variants/variant-trials.ts';
import { handClock } from '../../../support/test-identity.ts';

test('a variant that was switched off is so for the next generation, and no other variant is', () => {
  const clock = handClock();
  const told: unknown[] = [];
  const events = {
    switchedOff: (...all: readonly unknown[]) => void told.push(all[0]),
    restored: (...all: readonly unknown[]) => void told.push(all[0]),
  };
  const trials = new VariantTrials(events, clock);
  const variant = { url: 'http://v/', weight: 1, switchOff: { minimumCalls: 1 } };
  const variants = parseConfig(variantsConfig, { canary: variant, blue: variant }, 'test config');
  const areOn = (subgraph: string) => trials.choosable(subgraph, variants).map(({ isOn }) => isOn());
  expect([areOn('a'), areOn('b')]).toEqual([
    [true, true],
    [true, true],
  ]);
  trials.ended('a', 'canary', { now: clock.at, tookMs: 1, isFailed: true });
  expect([areOn('a'), areOn('b')]).toEqual([
    [false, true],
    [true, true],
  ]);
  expect(told).toEqual([{ subgraph: 'a', variant: 'canary' }]);
});
