import { MAX_COST } from '../../config/cost.ts';
import type { Json } from '../../shared/json.ts';
import { type Inclusion, isIncluded } from './condition.ts';

export type Variables = Readonly<Record<string, Json | undefined>>;

/** A number that is known when the operation is compiled, or a step that finds it for a request. */
export type Term = number | Step;

/** What a step does with its operands; `read` asks the variables, `known` takes the first that is not unknown. */
type StepKind = 'sum' | 'product' | 'max' | 'when' | 'known' | 'read';

export interface Step {
  readonly kind: StepKind;
  /** Where its value stands. Operands stand before it. */
  readonly slot: number;
  /** Joins the operands as one more of them. */
  readonly constant: number;
  readonly operands: readonly Step[];
  /** Of a sum: by which number each operand is multiplied first. */
  readonly factors: readonly number[];
  readonly inclusion: Inclusion;
  readonly read: Reader | null;
}

/** The value of one of several terms, by its place among them. */
export type ValueAt = (index: number) => number;

/** A number that variables say. */
export interface Reader {
  /** A whole number from 0 to MAX_COST, or UNKNOWN. */
  readonly value: (variables: Variables) => number;
  /** What it reads, and of which variable. There are many, so that they are compared without making texts. */
  readonly owner: object;
  readonly key: string;
  readonly print: () => string;
}

/** Of a list size that nothing says anything about; no other value is negative. */
export const UNKNOWN = -1;

const NONE: readonly Step[] = Object.freeze([]);
const NO_FACTORS: number[] = [];

/** Sums and products stop at MAX_COST, so that no operation is cheap because its cost has no number. */
export function saturate(cost: number): number {
  return cost < MAX_COST ? cost : MAX_COST;
}

/**
 * An expression over variables as a straight list of steps: what two places share is there once and computed
 * once, and evaluating takes as long as the list, whatever a document repeats. What is constant never becomes a step.
 */
export class Expression {
  readonly #steps: Step[] = [];
  readonly #readers = new Map<object, Map<string, Step[]>>();

  sum(terms: readonly Term[]): Term {
    let constant = 0;
    let operands: Step[] | null = null;
    let factors: number[] = NO_FACTORS;
    for (const term of terms) {
      if (typeof term === 'number') {
        constant = saturate(constant + term);
        continue;
      }
      // A product with a constant is multiplied here, and needs no step of its own.
      const isScaled = term.kind === 'product' && term.operands.length === 1;
      const operand = isScaled ? (term.operands[0] as Step) : term;
      const factor = isScaled ? term.constant : 1;
      if (operands === null) [operands, factors] = [[operand], [factor]];
      else {
        operands.push(operand);
        factors.push(factor);
      }
    }
    if (operands === null) return constant;
    if (operands.length === 1 && constant === 0)
      return this.product(factors[0] as number, operands[0] as Step);
    return this.#add('sum', operands, { constant, factors });
  }

  plus(a: Term, b: Term): Term {
    if (a === 0) return b;
    return b === 0 ? a : this.sum([a, b]);
  }

  product(a: Term, b: Term): Term {
    if (typeof a === 'number') {
      if (typeof b === 'number') return saturate(a * b);
      if (a === 0) return 0;
      return a === 1 ? b : this.#add('product', [b], { constant: a });
    }
    return typeof b === 'number' ? this.product(b, a) : this.#add('product', [a, b], { constant: 1 });
  }

  /** @param least what it is at least; UNKNOWN where all may be unknown. */
  max(terms: readonly Term[], least = 0): Term {
    const [first] = terms;
    if (terms.length === 1 && first !== undefined) return first;
    let constant = least;
    const operands = new Set<Step>();
    for (const term of terms) {
      if (typeof term === 'number') constant = Math.max(constant, term);
      else operands.add(term);
    }
    if (operands.size === 0) return constant;
    const [only] = operands;
    if (operands.size === 1 && constant === least) return only as Step;
    return this.#add('max', [...operands], { constant });
  }

  when(inclusion: Inclusion, term: Term): Term {
    if (inclusion === null || term === 0) return term;
    return typeof term === 'number'
      ? this.#add('when', NONE, { inclusion, constant: term })
      : this.#add('when', [term], { inclusion });
  }

  /** The first size unless it is UNKNOWN, then the second. */
  known(first: Term, second: Term): Term {
    if (typeof first === 'number') return first === UNKNOWN ? second : first;
    if (second === UNKNOWN) return first;
    if (typeof second !== 'number') return this.#add('known', [first, second], { constant: UNKNOWN });
    if (first.kind !== 'read' || first.read === null)
      return this.#add('known', [first], { constant: second });
    return first.constant === UNKNOWN ? this.read(first.read, second) : first;
  }

  /**
   * Readers of equal owner and key are taken for equal.
   * @param otherwise what takes the place of UNKNOWN.
   */
  read(reader: Reader, otherwise = UNKNOWN): Step {
    let ofOwner = this.#readers.get(reader.owner);
    if (ofOwner === undefined) {
      ofOwner = new Map();
      this.#readers.set(reader.owner, ofOwner);
    }
    let steps = ofOwner.get(reader.key);
    if (steps === undefined) {
      steps = [];
      ofOwner.set(reader.key, steps);
    }
    for (const known of steps) if (known.constant === otherwise) return known;
    const step = this.#add('read', NONE, { read: reader, constant: otherwise });
    steps.push(step);
    return step;
  }

  #add(kind: StepKind, operands: readonly Step[], more: Partial<Step>): Step {
    const { constant = 0, factors = NO_FACTORS, inclusion = null, read = null } = more;
    const step = { kind, slot: this.#steps.length, constant, operands, factors, inclusion, read };
    this.#steps.push(step);
    return step;
  }

  /** The steps that terms need, operands before those who use them. */
  stepsOf(terms: readonly Term[]): readonly Step[] {
    let last = -1;
    for (const term of terms) if (typeof term !== 'number') last = Math.max(last, term.slot);
    if (last < 0) return NONE;
    const needed = new Uint8Array(last + 1);
    for (const term of terms) if (typeof term !== 'number') needed[term.slot] = 1;
    const steps: Step[] = [];
    for (let slot = last; slot >= 0; slot--) {
      if (needed[slot] === 0) continue;
      const step = this.#steps[slot] as Step;
      for (const operand of step.operands) needed[operand.slot] = 1;
      steps.push(step);
    }
    return steps.reverse();
  }

  /** The values of all terms for some variables. */
  evaluate(variables: Variables): (term: Term) => number {
    const values = new Float64Array(this.#steps.length);
    for (const step of this.#steps) values[step.slot] = valueOfStep(step, values, variables);
    return term => (typeof term === 'number' ? term : (values[term.slot] as number));
  }

  /** A function of the variables that allocates nothing. */
  compile(term: Term): (variables: Variables) => number {
    if (typeof term === 'number') return () => term;
    const valuesFor = this.compileAll([term]);
    return variables => valuesFor(variables)(0);
  }

  /**
   * The same for several terms together, which share most of their steps: each by itself would take the time and the room
   * of all. What is answered tells the value of each by its place, until it is asked for others.
   */
  compileAll(terms: readonly Term[]): (variables: Variables) => ValueAt {
    const steps = this.stepsOf(terms);
    const values = new Float64Array((steps.at(-1)?.slot ?? -1) + 1);
    const valueAt = (index: number): number => {
      const term = terms[index] as Term;
      return typeof term === 'number' ? term : (values[term.slot] as number);
    };
    return variables => {
      for (const step of steps) values[step.slot] = valueOfStep(step, values, variables);
      return valueAt;
    };
  }
}

function valueOfStep(
  { kind, constant, operands, factors, inclusion, read }: Step,
  values: Float64Array,
  variables: Variables,
): number {
  let value = constant;
  switch (kind) {
    case 'sum':
      for (let index = 0; index < operands.length; index++) {
        value += (factors[index] as number) * (values[(operands[index] as Step).slot] as number);
      }
      return saturate(value);
    case 'product':
      for (const { slot } of operands) value *= values[slot] as number;
      return saturate(value);
    case 'max':
      for (const { slot } of operands) value = Math.max(value, values[slot] as number);
      return value;
    case 'when':
      if (!isIncluded(inclusion, variables)) return 0;
      return operands.length === 0 ? constant : (values[(operands[0] as Step).slot] as number);
    case 'known':
      for (const { slot } of operands) if (values[slot] !== UNKNOWN) return values[slot] as number;
      return constant;
    case 'read': {
      const given = (read as Reader).value(variables);
      return given === UNKNOWN ? constant : given;
    }
  }
}
