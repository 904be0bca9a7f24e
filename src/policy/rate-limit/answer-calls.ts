import type { FieldNode } from 'graphql';

/** What is known of a bucket's calls once there is an answer. */
export interface CountedCalls {
  /** Places in what was counted over the answer, which add up. */
  readonly counters: readonly number[];
  /** Calls beside those. */
  readonly besides: number;
}

/** What to count over an answer: how often each of some fields was called, by the objects that it has. */
export interface AnswerCalls {
  /** Those that a field of an object counts in. */
  countersOf(typeName: string, node: FieldNode): readonly number[];
}

/** More are not counted, as each costs every answer something: their calls are those that were estimated. */
const MOST_COUNTERS = 256;

interface Counter {
  readonly index: number;
  /** Coordinates. */
  readonly fields: ReadonlySet<string>;
}

const NO_COUNTERS: readonly number[] = Object.freeze([]);

/** Gives out counters while limits are compiled. Equal operations have equal ones, whoever compiles them. */
export class CallCounters implements AnswerCalls {
  readonly #byNode = new Map<FieldNode, Counter[]>();
  #size = 0;

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** Null: there are too many. */
  add(nodes: Iterable<FieldNode>, fields: ReadonlySet<string>): number | null {
    if (this.#size === MOST_COUNTERS) return null;
    const counter: Counter = { index: this.#size++, fields };
    for (const node of nodes) {
      const known = this.#byNode.get(node);
      if (known === undefined) this.#byNode.set(node, [counter]);
      else known.push(counter);
    }
    return counter.index;
  }

  countersOf(typeName: string, node: FieldNode): readonly number[] {
    const counters = this.#byNode.get(node);
    if (counters === undefined) return NO_COUNTERS;
    const coordinate = `${typeName}.${node.name.value}`;
    return counters.filter(({ fields }) => fields.has(coordinate)).map(({ index }) => index);
  }
}
