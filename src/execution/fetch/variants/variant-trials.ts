import type { VariantsConfig } from '../../../config/variants.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { Choosable } from './choose-variant.ts';
import { type Comparison, type Sample, Trial, type TrialState } from './trial.ts';

/** Names of the configuration. */
export interface VariantPlace {
  readonly subgraph: string;
  readonly variant: string;
}

export interface VariantEvents {
  switchedOff(place: VariantPlace, comparison: Comparison): void;
  restored(place: VariantPlace): void;
}

const ON: TrialState = Object.freeze({ kind: 'on' });

/** The trials of all variants. They outlive generations: a new schema makes no server well. */
export class VariantTrials {
  /** By subgraph and variant: as many as the configuration names. */
  readonly #trials = new Map<string, Map<string, Trial>>();
  readonly #events: VariantEvents;
  readonly #clock: Clock;

  constructor(events: VariantEvents, clock: Clock) {
    this.#events = events;
    this.#clock = clock;
  }

  /** What there is to choose from in a subgraph; the same trials each time. */
  choosable(subgraph: string, variants: VariantsConfig): readonly Choosable[] {
    const trials = this.#trials.get(subgraph) ?? new Map<string, Trial>();
    this.#trials.set(subgraph, trials);
    return Object.entries(variants).map(([name, config]) => {
      const trial = trials.get(name) ?? this.#start({ subgraph, variant: name }, config);
      trials.set(name, trial);
      return { name, config, isOn: () => trial.isOn(this.#clock.elapsed()) };
    });
  }

  /** @param variant null: the subgraph itself, whom all of its variants are compared with */
  ended(subgraph: string, variant: string | null, sample: Sample): void {
    const trials = this.#trials.get(subgraph) ?? new Map<string, Trial>();
    if (variant === null) for (const trial of trials.values()) trial.stableEnded(sample);
    else trials.get(variant)?.ended(sample);
  }

  /** Of what is not on trial it is on. */
  stateOf({ subgraph, variant }: VariantPlace): TrialState {
    return this.#trials.get(subgraph)?.get(variant)?.state ?? ON;
  }

  /** Switches a variant on again, by an operator's word. */
  restore({ subgraph, variant }: VariantPlace): void {
    this.#trials.get(subgraph)?.get(variant)?.restore();
  }

  #start(place: VariantPlace, { switchOff }: VariantsConfig[string]): Trial {
    return new Trial({
      settings: switchOff,
      onOff: comparison => this.#events.switchedOff(place, comparison),
      onRestored: () => this.#events.restored(place),
    });
  }
}
