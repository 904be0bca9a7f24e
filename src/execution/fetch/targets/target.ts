import type { EjectionConfig } from '../../../config/targets.ts';
import type { Finding } from './finding.ts';

/** What a target does. Times are monotonic, ms. */
export type TargetState =
  | { readonly kind: 'serving'; readonly since: number; readonly ejections: number }
  | { readonly kind: 'ejected'; readonly since: number; readonly until: number; readonly ejections: number };

/** Where one of several instances of a subgraph is. */
export interface TargetPlace {
  /** Name of its endpoint in the transport. */
  readonly endpoint: string;
  /** `host:port`, to tell people. */
  readonly address: string;
}

/** How one of several instances has been doing. Who is told when it leaves and comes back is its group's business. */
export class Target implements TargetPlace {
  readonly endpoint: string;
  readonly address: string;
  /** Requests in flight. */
  pending = 0;
  readonly #settings: EjectionConfig;
  /** In a row. */
  #failures = 0;
  #failedProbes = 0;
  #state: TargetState = { kind: 'serving', since: 0, ejections: 0 };

  constructor({ endpoint, address }: TargetPlace, settings: EjectionConfig) {
    this.endpoint = endpoint;
    this.address = address;
    this.#settings = settings;
  }

  get state(): TargetState {
    return this.#state;
  }

  /** Since it did well the last time, or came back. */
  get failures(): { readonly requests: number; readonly probes: number } {
    return { requests: this.#failures, probes: this.#failedProbes };
  }

  /** Whether it has failed too often; until it is ejected, that holds. */
  get isFailing(): boolean {
    return this.#failures + this.#failedProbes >= this.#settings.failures;
  }

  /** @param startedAt when the request was sent: one from before the last change says nothing new */
  requestEnded(startedAt: number, finding: Finding): void {
    if (finding === null || this.#state.kind === 'ejected' || startedAt < this.#state.since) return;
    if (finding === 'failing') this.#failures++;
    else {
      this.#failures = 0;
      this.#failedProbes = 0;
    }
  }

  /** A probe that does well does not make up for requests that fail: it asks for next to nothing. */
  probeEnded(isWell: boolean): void {
    this.#failedProbes = isWell ? 0 : this.#failedProbes + 1;
  }

  /** Each time in a row for longer (as Envoy's outlier detection does). @returns for how long, ms */
  eject(now: number): number {
    const { outFor, maxOutFor } = this.#settings;
    const { since, ejections: before } = this.#state;
    // Who has been well for as long as it could have been out begins anew.
    const ejections = now - since > maxOutFor ? 1 : before + 1;
    const forMs = Math.min(outFor * ejections, Math.max(outFor, maxOutFor));
    this.#failures = 0;
    this.#state = { kind: 'ejected', since: now, until: now + forMs, ejections };
    return forMs;
  }

  /** Probes that fail are not forgotten: with them, the next failure is one too many. */
  comeBack(now: number): void {
    this.#failures = 0;
    this.#state = { kind: 'serving', since: now, ejections: this.#state.ejections };
  }

  /** Begins anew, as an operator says that it is well. */
  forgive(now: number): void {
    this.#failures = 0;
    this.#failedProbes = 0;
    this.#state = { kind: 'serving', since: now, ejections: 0 };
  }
}
