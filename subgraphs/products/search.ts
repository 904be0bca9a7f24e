import { badUserInput } from '../shared/input-error.ts';
import { ORDER_COUNT, PEOPLE } from '../shared/seed.ts';
import type { ProductRow, ProductsData } from './data.ts';

/** Users and orders are references: their own subgraphs answer everything else about them. */
export type SearchHit =
  | ProductRow
  | { readonly __typename: 'User'; readonly id: string; readonly name: string }
  | { readonly __typename: 'Order'; readonly id: string };

// The text is compared with every name there is.
const LONGEST_TEXT = 100;

// Orders are found by the beginning of their id: this subgraph knows nothing else about them.
function orderHits(text: string, limit: number): SearchHit[] {
  const hits: SearchHit[] = [];
  for (let n = 1; n <= ORDER_COUNT && hits.length < limit; n += 1) {
    const id = `o-${n}`;
    if (id.startsWith(text)) hits.push({ __typename: 'Order', id });
  }
  return hits;
}

// Taken in turns, so that a short page shows each kind there is.
function interleave(kinds: readonly (readonly SearchHit[])[], limit: number): SearchHit[] {
  const longest = Math.max(...kinds.map(kind => kind.length));
  const hits = Array.from({ length: longest }, (_, index) => kinds.flatMap(kind => kind[index] ?? [])).flat();
  return hits.slice(0, limit);
}

/** Throws BAD_USER_INPUT for a text that is blank or too long. */
export function search(data: ProductsData, text: string, limit: number): SearchHit[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '' || wanted.length > LONGEST_TEXT) {
    throw badUserInput(`text must have 1 to ${LONGEST_TEXT} characters that are not blank`, 'text');
  }
  const found = ({ id, name }: { id: string; name: string }) =>
    id === wanted || name.toLowerCase().includes(wanted);
  const users = PEOPLE.filter(found)
    .slice(0, limit)
    .map(({ id, name }) => ({ __typename: 'User' as const, id, name }));
  const products = [...data.products.values()].filter(found).slice(0, limit);
  return interleave([users, products, orderHits(wanted, limit)], limit);
}
