import { DateTime } from '../shared/date-time.ts';
import type { Resolvers } from '../shared/definition.ts';
import { type Currency, cents, fromEur } from '../shared/money.ts';
import { pageSize } from '../shared/page-size.ts';
import { addReview } from './add-review.ts';
import type { ProductsContext } from './context.ts';
import type { Category, MediaRow, ProductRow, ReviewRow } from './data.ts';
import { type SearchHit, search } from './search.ts';

interface Reference {
  readonly id: string;
}

interface ProductFilter {
  readonly text?: string | null;
  readonly price?: { readonly min?: number | null; readonly max?: number | null } | null;
  readonly categories?: readonly Category[] | null;
  readonly inStock?: boolean | null;
}

interface ProductsArguments {
  readonly first?: number | null;
  readonly category?: Category | null;
  readonly filter?: ProductFilter | null;
}

interface ReviewsArguments {
  readonly first?: number | null;
  readonly sort?: 'NEWEST' | 'HIGHEST_RATED' | 'LOWEST_RATED' | null;
  readonly minRating?: number | null;
}

/** Two keys: whoever refers to a product chooses which, so references come in both shapes. */
type ProductKey = Reference | { readonly tenant: string; readonly sku: string };

// Null means `no opinion` in every part of a filter, the same as leaving it out.
function matches(product: ProductRow, { category, filter }: ProductsArguments): boolean {
  if (category && product.category !== category) return false;
  if (!filter) return true;
  const { text, price, categories, inStock } = filter;
  if (text && !product.name.toLowerCase().includes(text.toLowerCase())) return false;
  if (categories && !categories.includes(product.category)) return false;
  if (typeof inStock === 'boolean' && product.stock > 0 !== inStock) return false;
  return product.price >= (price?.min ?? 0) && product.price <= (price?.max ?? Number.POSITIVE_INFINITY);
}

function listProducts(_: unknown, args: ProductsArguments, { data }: ProductsContext): ProductRow[] {
  const first = pageSize(args.first, 10);
  return [...data.products.values()].filter(product => matches(product, args)).slice(0, first);
}

async function listReviews(
  product: ProductRow,
  args: ReviewsArguments,
  { loaders }: ProductsContext,
): Promise<ReviewRow[]> {
  const reviews = await loaders.reviewsOf.load(product.id);
  const minRating = args.minRating ?? 1;
  // Newest first also among equal ratings: a stable sort keeps the order that reverse gave.
  const wanted = reviews.filter(review => review.rating >= minRating).reverse();
  if (args.sort === 'HIGHEST_RATED') wanted.sort((left, right) => right.rating - left.rating);
  if (args.sort === 'LOWEST_RATED') wanted.sort((left, right) => left.rating - right.rating);
  return wanted.slice(0, pageSize(args.first, 5));
}

const Query = {
  product: (_: unknown, { id }: Reference, { loaders }: ProductsContext) => loaders.product.load(id),
  productBySku: (_: unknown, key: { tenant: string; sku: string }, { loaders }: ProductsContext) =>
    loaders.productBySku.load(key),
  products: listProducts,
  review: (_: unknown, { id }: Reference, { loaders }: ProductsContext) => loaders.review.load(id),
  media: (_: unknown, { first }: ProductsArguments, { data }: ProductsContext) =>
    [...data.media.values()].slice(0, pageSize(first, 10)),
  search: (_: unknown, { text, first }: { text: string; first?: number | null }, { data }: ProductsContext) =>
    search(data, text, pageSize(first, 10)),
};

const Product = {
  __resolveReference: (key: ProductKey, { loaders }: ProductsContext) =>
    'id' in key ? loaders.product.load(key.id) : loaders.productBySku.load(key),
  listPrice: (product: ProductRow, { currency }: { currency?: Currency | null }) =>
    fromEur(product.price, currency ?? 'EUR'),
  inStock: (product: ProductRow) => product.stock > 0,
  reviews: listReviews,
  averageRating: async (product: ProductRow, _: unknown, { loaders }: ProductsContext) => {
    const reviews = await loaders.reviewsOf.load(product.id);
    if (reviews.length === 0) return null;
    return cents(reviews.reduce((sum, review) => sum + review.rating, 0) / reviews.length);
  },
  related: (product: ProductRow, { first }: ProductsArguments, { data }: ProductsContext) => {
    const siblings = data.byCategory.get(product.category) ?? [];
    const at = siblings.indexOf(product);
    return [...siblings.slice(at + 1), ...siblings.slice(0, at)].slice(0, pageSize(first, 3));
  },
  media: (product: ProductRow, _: unknown, { loaders }: ProductsContext) => loaders.mediaOf.load(product.id),
};

const Review = {
  __resolveReference: ({ id }: Reference, { loaders }: ProductsContext) => loaders.review.load(id),
  product: (review: ReviewRow, _: unknown, { loaders }: ProductsContext) =>
    loaders.product.load(review.product.id),
};

// One set of resolvers for every kind of media: what is particular to a kind is a plain property.
const media = {
  __resolveReference: ({ id }: Reference, { loaders }: ProductsContext) => loaders.media.load(id),
  product: (row: MediaRow, _: unknown, { loaders }: ProductsContext) => loaders.product.load(row.product.id),
};

// Users belong to another subgraph; this one only adds their reviews, for which the id will do.
const User = {
  reviews: async ({ id }: Reference, { first }: ReviewsArguments, { loaders }: ProductsContext) => {
    const reviews = await loaders.reviewsBy.load(id);
    return reviews.slice(0, pageSize(first, 5));
  },
};

export const productsResolvers: Resolvers<ProductsContext> = {
  DateTime,
  Query,
  Mutation: { addReview },
  SearchResult: { __resolveType: (hit: SearchHit) => hit.__typename },
  Media: {
    // Other subgraphs know a media by its interface alone; this one says which kind it is.
    __resolveReference: media.__resolveReference,
    __resolveType: (row: MediaRow) => row.__typename,
  },
  Video: media,
  Manual: media,
  Product,
  Review,
  User,
};
