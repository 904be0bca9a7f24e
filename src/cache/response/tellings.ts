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

/** Of so many an operation may be told 31 subsets, all of which can be looked for at once. */
const MOST_APART = 5;

/**
 * Compiles, for all subgraphs of a generation, by what a request tells them apart: each is in exactly one telling. The
 * tellings of those that an operation asks are then all that its answer depends on besides itself: whoever has the
 * same ones tells each subgraph in them the same, so it need not be known which of these were asked. Of a request that
 * tells them more than {@link MOST_APART} different things the last ones are one telling, which is more than has to be equal.
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
  const kinds = [...alike];
  const apart = kinds.length > MOST_APART ? MOST_APART - 1 : kinds.length;
  const tellings = kinds.slice(0, apart).map(([key, names]) => ({
    subgraphs: names,
    key: JSON.stringify([alike.size === 1 ? null : names, key]),
  }));
  const rest = kinds.slice(apart);
  if (rest.length === 0) return tellings;
  return [...tellings, { subgraphs: rest.flatMap(([, names]) => names), key: JSON.stringify(rest) }];
}

/** Those of the subgraphs that are asked. */
export function tellingsAmong(tellings: readonly Telling[], asked: ReadonlySet<string>): readonly Telling[] {
  return tellings.filter(({ subgraphs }) => subgraphs.some(name => asked.has(name)));
}

/** What they can be of an operation that asks any subgraphs at all, of which nobody knows. */
export function guessTellings(tellings: readonly Telling[]): readonly (readonly Telling[])[] {
  const guesses: (readonly Telling[])[] = [];
  for (let chosen = 1; chosen < 1 << tellings.length; chosen++)
    guesses.push(tellings.filter((_, index) => (chosen & (1 << index)) !== 0));
  return guesses;
}
