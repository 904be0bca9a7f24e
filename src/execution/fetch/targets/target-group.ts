import type { EjectionConfig } from '../../../config/targets.ts';
import type { Finding } from './finding.ts';
import { pickTarget } from './pick.ts';
import { Target, type TargetPlace } from './target.ts';

/** Told of targets that get no requests any more, and of those that get them again. */
export interface TargetEvents {
  ejected(target: Target, forMs: number): void;
  returned(target: Target): void;
}

export interface GroupOptions {
  readonly places: readonly TargetPlace[];
  readonly settings: EjectionConfig;
  readonly events: TargetEvents;
}

/**
 * Several targets of one subgraph. One that fails too often in a row gets no requests for a time, but never more than
 * half of them at once: when all seem to fail, something else is wrong, and the rest would only drown.
 */
export class TargetGroup {
  readonly targets: readonly Target[];
  readonly #events: TargetEvents;
  #last = -1;

  constructor({ places, settings, events }: GroupOptions) {
    this.targets = places.map(place => new Target(place, settings));
    this.#events = events;
  }

  /** Whose turn it is; its request must be told to {@link ended}. */
  take(now: number): Target {
    this.#returnThoseDue(now);
    this.#last = pickTarget(this.targets, this.#last);
    const target = this.targets[this.#last] as Target;
    target.pending++;
    return target;
  }

  ended(target: Target, { startedAt, now, finding }: Ended): void {
    target.pending--;
    target.requestEnded(startedAt, finding);
    this.#ejectIfFailing(target, now);
  }

  probed(target: Target, isWell: boolean, now: number): void {
    target.probeEnded(isWell);
    if (target.state.kind === 'ejected' && isWell) this.#return(target, now);
    this.#ejectIfFailing(target, now);
  }

  /** Ends an ejection and forgets all failures, by an operator's word. */
  restore(target: Target, now: number): void {
    const wasOut = target.state.kind === 'ejected';
    target.forgive(now);
    if (wasOut) this.#events.returned(target);
  }

  #ejectIfFailing(target: Target, now: number): void {
    if (target.state.kind === 'ejected' || !target.isFailing) return;
    this.#returnThoseDue(now);
    const ejected = this.targets.filter(({ state }) => state.kind === 'ejected').length;
    if ((ejected + 1) * 2 > this.targets.length) return;
    this.#events.ejected(target, target.eject(now));
  }

  #returnThoseDue(now: number): void {
    for (const target of this.targets) {
      const { state } = target;
      if (state.kind === 'ejected' && now >= state.until) this.#return(target, now);
    }
  }

  #return(target: Target, now: number): void {
    target.comeBack(now);
    this.#events.returned(target);
  }
}

interface Ended {
  readonly startedAt: number;
  readonly now: number;
  readonly finding: Finding;
}
