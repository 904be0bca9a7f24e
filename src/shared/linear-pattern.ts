/** Whether a part of a text matches. */
export type Pattern = (text: string) => boolean;

const MAX_LENGTH = 128;

/** What stands for itself: the characters of a header's name that mean nothing else. */
const LITERAL = /[a-z0-9_~!#%&'`-]/;

type State =
  | { readonly kind: 'character'; readonly accepts: (character: string) => boolean; readonly next: number }
  | { readonly kind: 'fork'; readonly to: readonly number[] }
  | { readonly kind: 'start' | 'end'; readonly next: number }
  | { readonly kind: 'found' };

/** Adds states that go on to `next`. @returns the first of them */
type Part = (states: State[], next: number) => number;

/**
 * Compiles a regular expression without those parts that can make matching slow: literals, `.`, `[a-z0-9]`, `[^…]`,
 * `\d`, `\w`, `( | )`, `* + ?`, `^` and `$`, in lower case. It is run as an automaton that is in all of its states at
 * once (Thompson), which looks at each character of a text one time: a pattern of n characters takes at most
 * 2n steps for each, where a backtracking engine may take years.
 * @throws SyntaxError that says what cannot be used
 */
export function compilePattern(pattern: string): Pattern {
  if (pattern === '' || pattern.length > MAX_LENGTH)
    throw new SyntaxError(`a pattern has 1 to ${MAX_LENGTH} characters`);
  const states: State[] = [{ kind: 'found' }];
  const reader = new PatternReader(pattern);
  const part = reader.alternatives();
  if (!reader.isAtEnd) throw new SyntaxError('a parenthesis is closed that was not opened');
  const first = part(states, 0);
  return text => isFound(states, first, text);
}

class PatternReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  alternatives(): Part {
    const parts = [this.#sequence()];
    while (this.#skip('|')) parts.push(this.#sequence());
    const [only] = parts;
    if (only !== undefined && parts.length === 1) return only;
    return (states, next) => fork(states, ...parts.map(part => part(states, next)));
  }

  #sequence(): Part {
    const parts: Part[] = [];
    while (!this.isAtEnd && !'|)'.includes(this.#peek())) parts.push(this.#repeated());
    if (parts.length === 0) throw new SyntaxError('an alternative is empty');
    return (states, next) => parts.reduceRight((following, part) => part(states, following), next);
  }

  #repeated(): Part {
    const part = this.#atom();
    if (this.#skip('?')) return (states, next) => fork(states, part(states, next), next);
    const mayBeNone = this.#skip('*');
    if (!mayBeNone && !this.#skip('+')) return part;
    return (states, next) => {
      const again = fork(states);
      const first = part(states, again);
      states[again] = { kind: 'fork', to: [first, next] };
      return mayBeNone ? again : first;
    };
  }

  #atom(): Part {
    const character = this.#take();
    if (character === '^') return (states, next) => states.push({ kind: 'start', next }) - 1;
    if (character === '$') return (states, next) => states.push({ kind: 'end', next }) - 1;
    if (character === '.') return one(() => true);
    if (character === '\\') return one(this.#escaped());
    if (character === '[') return one(this.#set());
    if (character === '(') return this.#group();
    const lower = character.toLowerCase();
    if (!LITERAL.test(lower)) throw new SyntaxError(`${JSON.stringify(character)} cannot be used here`);
    return one(other => other === lower);
  }

  #group(): Part {
    const part = this.alternatives();
    if (!this.#skip(')')) throw new SyntaxError('a parenthesis is not closed');
    return part;
  }

  #escaped(): (character: string) => boolean {
    const character = this.#take();
    if (character === 'd') return other => other >= '0' && other <= '9';
    if (character === 'w') return other => /[a-z0-9_]/.test(other);
    if (/[a-zA-Z0-9]/.test(character))
      throw new SyntaxError(`\\${character} cannot be used; there are \\d and \\w`);
    return other => other === character;
  }

  #set(): (character: string) => boolean {
    const isNegated = this.#skip('^');
    const ranges: [string, string][] = [];
    while (!this.#skip(']')) {
      const from = this.#member();
      const isRange = this.#peek() === '-' && this.#text[this.#at + 1] !== ']';
      const to = isRange && this.#skip('-') ? this.#member() : from;
      if (to < from) throw new SyntaxError(`the range ${from}-${to} is upside down`);
      ranges.push([from, to]);
    }
    if (ranges.length === 0) throw new SyntaxError('a set has no members');
    return other => ranges.some(([from, to]) => other >= from && other <= to) !== isNegated;
  }

  #member(): string {
    const character = this.#take();
    if (character === '\\' || character === '[')
      throw new SyntaxError(`${character} cannot be used in a set; write its members`);
    return character.toLowerCase();
  }

  #peek(): string {
    return this.#text[this.#at] ?? '';
  }

  #take(): string {
    const character = this.#text[this.#at++];
    if (character === undefined) throw new SyntaxError('the pattern ends too early');
    return character;
  }

  #skip(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }
}

function one(accepts: (character: string) => boolean): Part {
  return (states, next) => states.push({ kind: 'character', accepts, next }) - 1;
}

function fork(states: State[], ...to: readonly number[]): number {
  return states.push({ kind: 'fork', to }) - 1;
}

function isFound(states: readonly State[], first: number, text: string): boolean {
  let reached: number[] = [];
  for (let at = 0; at <= text.length; at++) {
    // A match may begin anywhere.
    const entered = enter(states, [first, ...reached], { isStart: at === 0, isEnd: at === text.length });
    if (entered === 'found') return true;
    reached = [];
    for (const id of entered) {
      const state = states[id];
      if (state?.kind === 'character' && state.accepts(text[at] ?? '')) reached.push(state.next);
    }
  }
  return false;
}

/** The states at one place of a text, with all that is reached from them without a character. */
function enter(
  states: readonly State[],
  reached: number[],
  { isStart, isEnd }: { readonly isStart: boolean; readonly isEnd: boolean },
): ReadonlySet<number> | 'found' {
  const entered = new Set<number>();
  for (let id = reached.pop(); id !== undefined; id = reached.pop()) {
    const state = states[id];
    if (state === undefined || entered.has(id)) continue;
    if (state.kind === 'found') return 'found';
    entered.add(id);
    if (state.kind === 'fork') reached.push(...state.to);
    else if ((state.kind === 'start' && isStart) || (state.kind === 'end' && isEnd)) reached.push(state.next);
  }
  return entered;
}
