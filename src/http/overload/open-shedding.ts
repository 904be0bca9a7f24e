import type { Serve } from '../graphql-route.ts';
import { createLagMeter, SAMPLE_MS } from './lag-meter.ts';
import { Load, type LoadOptions } from './load.ts';
import { shedLoad } from './shed-load.ts';

export interface Shedding {
  /** Requests are refused, or were a moment ago. */
  isShedding(): boolean;
  /** Answers what there is room for, and refuses the rest. */
  shed(serve: Serve): Serve;
  close(): void;
}

/** Watches the load of this process until it is closed. It does not keep the process alive. */
export function openShedding(options: LoadOptions): Shedding {
  const { config, clock } = options;
  const load = new Load(options, createLagMeter(clock, config.maxLag));
  const timer = setInterval(() => load.tick(), SAMPLE_MS).unref();
  return {
    isShedding: () => load.isShedding,
    shed: serve => shedLoad(serve, load, config.retryAfter),
    close: () => clearInterval(timer),
  };
}
