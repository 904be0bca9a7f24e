import type { BucketMethod, BucketPlan } from '../bucket.ts';
import { FixedWindow } from './fixed-window.ts';
import { Gcra } from './gcra.ts';
import type { Meter } from './meter.ts';
import { SlidingCounter } from './sliding-counter.ts';
import { SlidingLog } from './sliding-log.ts';
import { TokenBucket } from './token-bucket.ts';

const METERS: Readonly<Record<BucketMethod, new (plan: BucketPlan) => Meter>> = {
  'token-bucket': TokenBucket,
  gcra: Gcra,
  'sliding-log': SlidingLog,
  'sliding-counter': SlidingCounter,
  'fixed-window': FixedWindow,
};

/** A full bucket. */
export function createMeter(plan: BucketPlan): Meter {
  return new METERS[plan.method](plan);
}
