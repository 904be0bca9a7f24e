/** Subgraphs that one request tells the same of its caller, in the same variant. */
export interface Telling {
  readonly subgraphs: readonly string[];
  /** Equal exactly if the same subgraphs are told the same. */
  readonly key: string;
}

/** What a request tells subgraphs: equal keys exactly where it is the same. */
interface Told {
  keyFor(subgraph: string): string;
}

/** Three may be told in seven ways of an operation, all of which can be looked for at once; four in fifteen. */
const MOST_GUESSED = 3;

/**
 * Compiles, for all subgraphs of a generation, by what a request tells them apart: each is in exactly one telling. The
 * tellings of those that an operation asks are then all that its answer depends on besides itself: whoever has the
 * same ones tells each subgraph in them the same, so it need not be known which of these were asked.
 */
export function compileTellings(subgraphs: Iterable<string>): (told: Told) => readonly Telling[] {
  const all = [...new Set(subgraphs)].sort();
  // One object tells the same of all requests that it is made for.
  const known = new WeakMap<Told, readonly Telling[]>();
  return told => {
    const found = known.get(told);
    if (found !== undefined) return found;
    const tellings = tellingsOf(all, told);
    known.set(told, tellings);
    return tellings;
  };
}

function tellingsOf(all: readonly string[], told: Told): readonly Telling[] {
  const alike = new Map<string, string[]>();
  for (const subgraph of all) {
    const key = told.keyFor(subgraph);
    const others = alike.get(key);
    if (others === undefined) alike.set(key, [subgraph]);
    else others.push(subgraph);
  }
  return [...alike].map(([key, names]) => ({
    subgraphs: names,
    key: JSON.stringify([alike.size === 1 ? null : names, key]),
  }));
}

/** Those of the subgraphs that are asked. */
export function tellingsAmong(tellings: readonly Telling[], asked: ReadonlySet<string>): readonly Telling[] {
  return tellings.filter(({ subgraphs }) => subgraphs.some(name => asked.has(name)));
}

/** What they can be of an operation that asks any subgraphs at all, of which nobody knows; null: too much. */
export function guessTellings(tellings: readonly Telling[]): readonly (readonly Telling[])[] | null {
  if (tellings.length > MOST_GUESSED) return null;
  const guesses: (readonly Telling[])[] = [];
  for (let chosen = 1; chosen < 1 << tellings.length; chosen++)
    guesses.push(tellings.filter((_, index) => (chosen & (1 << index)) !== 0));
  return guesses;
}
