import { Counter, Histogram, type Registry } from 'prom-client';
import { LabelCells, type LabelValue } from './label-cells.ts';

interface Description {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly registers: Registry[];
}

/** Counts that prom-client is told of when somebody asks it. */
export interface Tally {
  /** @param values of the labels, in their order */
  inc(values: readonly LabelValue[], by?: number): void;
}

export function createTally(description: Description): Tally {
  const cells = new LabelCells(description.labelNames, () => ({ untold: 0 }));
  const counter = new Counter({
    ...description,
    collect() {
      for (const [labels, cell] of cells.entries()) {
        counter.inc(labels, cell.untold);
        cell.untold = 0;
      }
    },
  });
  return {
    inc(values, by = 1) {
      cells.of(values).untold += by;
    },
  };
}

interface Distribution {
  /** Observations by the first bound that is not below them; the last is for those above all bounds. */
  readonly counts: number[];
  sum: number;
  count: number;
}

/** A histogram whose observations cost an addition. */
export class TalliedHistogram extends Histogram<string> {
  readonly #description: Description;
  readonly #bounds: readonly number[];
  readonly #cells: LabelCells<Distribution>;

  /** @param bounds ascending */
  constructor(description: Description, bounds: readonly number[]) {
    super({ ...description, buckets: [...bounds] });
    this.#description = description;
    this.#bounds = bounds;
    this.#cells = new LabelCells(description.labelNames, () => {
      return { counts: new Array<number>(bounds.length + 1).fill(0), sum: 0, count: 0 };
    });
  }

  /** @param values of the labels, in their order */
  add(values: readonly LabelValue[], value: number): void {
    const distribution = this.#cells.of(values);
    let at = 0;
    while (at < this.#bounds.length && value > (this.#bounds[at] as number)) at++;
    distribution.counts[at] = (distribution.counts[at] as number) + 1;
    distribution.sum += value;
    distribution.count++;
  }

  /** What `get` of prom-client, and its registries, ask for. */
  async getForPromString(): Promise<object> {
    const { name, help } = this.#description;
    const values = [...this.#cells.entries()].flatMap(entry => this.#valuesOf(...entry));
    return { name, help, type: 'histogram', aggregator: 'sum', values };
  }

  #valuesOf(labels: Readonly<Record<string, LabelValue>>, { counts, sum, count }: Distribution) {
    const { name } = this.#description;
    const sharedLabels = {};
    let below = 0;
    const buckets = [...this.#bounds, '+Inf'].map((le, i) => {
      below += counts[i] as number;
      return { labels: { le, ...labels }, sharedLabels, value: below, metricName: `${name}_bucket` };
    });
    return [
      ...buckets,
      { labels, sharedLabels, value: sum, metricName: `${name}_sum` },
      { labels, sharedLabels, value: count, metricName: `${name}_count` },
    ];
  }
}
