import type { Document, LineCounter, Node, Pair } from 'yaml';
import type { ConfigSource } from './config-source.ts';

interface Step {
  /** What the problem calls it. */
  readonly name: string;
  /** Where it begins. */
  readonly offset: number | undefined;
  readonly value: unknown;
}

/**
 * Where settings stand in a document. Keys hold dots themselves (`Query.media`), so a problem is held against the keys
 * that are there, and of several with which it goes on the longest is taken.
 */
export function linesIn(document: Document, lineCounter: LineCounter): ConfigSource['lineOf'] {
  return problem => {
    let rest = problem;
    let offset: number | undefined;
    let steps = stepsFrom(document.contents);
    for (let next = longest(steps, rest); next !== undefined; next = longest(steps, rest)) {
      offset = next.offset ?? offset;
      rest = rest.slice(next.name.length).replace(/^\./, '');
      steps = stepsFrom(next.value);
    }
    return offset === undefined ? null : lineCounter.linePos(offset).line;
  };
}

function longest(steps: readonly Step[], rest: string): Step | undefined {
  const fitting = steps.filter(
    ({ name }) => rest.startsWith(name) && /^(?:[.:\s]|$)/.test(rest.slice(name.length)),
  );
  return fitting.toSorted((a, b) => b.name.length - a.name.length)[0];
}

function stepsFrom(node: unknown): readonly Step[] {
  const items = (node as { readonly items?: readonly unknown[] } | null)?.items;
  if (!Array.isArray(items)) return [];
  return items.map((item: Node | Pair, index) => {
    if (!('key' in item)) return { name: String(index), offset: item.range?.[0], value: item };
    const key = item.key as Node & { readonly value?: unknown };
    return { name: String(key.value), offset: key.range?.[0], value: item.value };
  });
}
