import type { EjectionConfig } from '../../../config/targets.ts';
import type { TargetPlace } from './target.ts';
import { TargetGroup } from './target-group.ts';

/** A target that changed, as operators are told of it. */
export interface TargetChange {
  readonly subgraph: string;
  /** `host:port`. */
  readonly target: string;
}

export interface GroupEvents {
  ejected(change: TargetChange, forMs: number): void;
  returned(change: TargetChange): void;
}

export interface GroupWish {
  readonly subgraph: string;
  readonly places: readonly TargetPlace[];
  readonly settings: EjectionConfig;
}

/** The groups of targets there are. They outlive generations: a new schema makes no server well. */
export class TargetGroups {
  /** As many as the configuration names. */
  readonly #groups = new Map<string, TargetGroup>();
  readonly #events: GroupEvents;

  constructor(events: GroupEvents) {
    this.#events = events;
  }

  /** The same group for the same targets. */
  of(wish: GroupWish): TargetGroup {
    const key = JSON.stringify(wish);
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const { subgraph, places, settings } = wish;
    const group = new TargetGroup({
      places,
      settings,
      events: {
        ejected: ({ address }, forMs) => this.#events.ejected({ subgraph, target: address }, forMs),
        returned: ({ address }) => this.#events.returned({ subgraph, target: address }),
      },
    });
    this.#groups.set(key, group);
    return group;
  }
}
