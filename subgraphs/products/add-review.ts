import { requireId } from '../shared/caller.ts';
import { badUserInput, notFound } from '../shared/input-error.ts';
import { PEOPLE } from '../shared/seed.ts';
import type { ProductsContext } from './context.ts';
import type { ReviewRow } from './data.ts';

export interface AddReviewInput {
  readonly productId: string;
  readonly rating: number;
  readonly text?: string | null;
}

// Reviews are kept in memory, so a caller may not choose their size.
const LONGEST_TEXT = 2_000;
const NAMES: ReadonlyMap<string, string> = new Map(PEOPLE.map(({ id, name }) => [id, name]));

/** Throws UNAUTHENTICATED, or BAD_USER_INPUT or NOT_FOUND with the field at fault, before anything is changed. */
export async function addReview(
  _: unknown,
  { input }: { input: AddReviewInput },
  { data, caller, now }: ProductsContext,
): Promise<ReviewRow> {
  const callerId = requireId(caller);
  if (input.rating < 1 || input.rating > 5)
    throw badUserInput('rating must be between 1 and 5', 'input.rating');
  const text = input.text ?? '';
  if (text.length > LONGEST_TEXT)
    throw badUserInput(`text may have ${LONGEST_TEXT} characters`, 'input.text');
  const product = data.products.get(input.productId);
  if (!product) throw notFound('No product has this id', 'input.productId');
  return data.add({
    rating: input.rating,
    text,
    createdAt: new Date(now()).toISOString(),
    author: { id: callerId, name: NAMES.get(callerId) ?? callerId },
    product: { id: product.id },
  });
}
