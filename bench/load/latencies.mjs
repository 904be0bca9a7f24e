/** Every latency of a phase, in ms; a growing typed array, so that recording one costs a store. */
export class Latencies {
  constructor() {
    this.values = new Float64Array(1 << 16);
    this.count = 0;
  }

  add(ms) {
    if (this.count === this.values.length) {
      const larger = new Float64Array(this.values.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.count++] = ms;
  }

  /** @returns {Record<string, number>} nearest-rank percentiles, by the name `p<percent>` */
  percentiles(...percents) {
    const sorted = this.values.subarray(0, this.count).slice().sort();
    const rank = percent => Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1);
    return Object.fromEntries(percents.map(percent => [`p${percent}`, sorted[rank(percent)] ?? 0]));
  }
}
