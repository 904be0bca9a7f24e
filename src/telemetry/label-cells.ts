export type LabelValue = string | number;

interface Branch<C> {
  readonly branches: Map<LabelValue, Branch<C>>;
  cell: C | null;
}

const branch = <C>(): Branch<C> => ({ branches: new Map(), cell: null });

/**
 * What is counted of one metric, by the values of its labels. Finding a cell costs a look-up in a small map for each
 * label; prom-client puts all of them into one text, for each count.
 */
export class LabelCells<C> {
  readonly #root = branch<C>();
  readonly #names: readonly string[];
  readonly #create: () => C;

  constructor(names: readonly string[], create: () => C) {
    this.#names = names;
    this.#create = create;
    // What has no labels is told from the start: it is 0, not unknown.
    if (names.length === 0) this.#root.cell = create();
  }

  /** @param values in the order of the names; of the configuration or the schema, so that there are only so many. */
  of(values: readonly LabelValue[]): C {
    let found = this.#root;
    for (const value of values) {
      let next = found.branches.get(value);
      if (next === undefined) {
        next = branch();
        found.branches.set(value, next);
      }
      found = next;
    }
    found.cell ??= this.#create();
    return found.cell;
  }

  *entries(): Iterable<readonly [labels: Readonly<Record<string, LabelValue>>, cell: C]> {
    yield* this.#entriesOf(this.#root, []);
  }

  *#entriesOf({ branches, cell }: Branch<C>, values: readonly LabelValue[]): ReturnType<typeof this.entries> {
    if (cell !== null)
      yield [Object.fromEntries(this.#names.map((name, i) => [name, values[i] ?? ''])), cell];
    for (const [value, next] of branches) yield* this.#entriesOf(next, [...values, value]);
  }
}
