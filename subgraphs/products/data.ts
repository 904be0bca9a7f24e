import { createAdditions } from '../shared/bounded-additions.ts';
import { cents } from '../shared/money.ts';
import { createRandom, integer, pick, type Random } from '../shared/random.ts';
import {
  CATALOGUE,
  firstPurchaseOf,
  HISTORY_START,
  ORDER_COUNT,
  PEOPLE,
  type ProductFact,
  REVIEW_COUNT,
} from '../shared/seed.ts';

export type Category = 'BOOKS' | 'ELECTRONICS' | 'GARDEN' | 'KITCHEN' | 'TOYS';

/** A complete representation too: `@requires` fields are plain properties of it. */
export interface ProductRow extends ProductFact {
  readonly __typename: 'Product';
  readonly description: string | null;
  readonly category: Category;
  readonly costPrice: number;
  readonly weight: number;
  readonly dimensions: { readonly length: number; readonly width: number; readonly height: number };
  readonly stock: number;
  readonly gallery: readonly (readonly string[])[];
}

export interface ReviewRow {
  readonly __typename: 'Review';
  readonly id: string;
  readonly rating: number;
  readonly text: string;
  readonly createdAt: string;
  /** The name is this team's own copy, which is what lets a review provide it. */
  readonly author: { readonly id: string; readonly name: string };
  readonly product: { readonly id: string };
}

/** The interface entity: its key is shared by every kind. */
interface MediaBase {
  readonly id: string;
  readonly title: string;
  readonly product: { readonly id: string };
}

export interface VideoRow extends MediaBase {
  readonly __typename: 'Video';
  readonly durationSeconds: number;
}

export interface ManualRow extends MediaBase {
  readonly __typename: 'Manual';
  readonly pages: number;
  readonly languages: readonly string[];
}

export type MediaRow = VideoRow | ManualRow;
export type NewReview = Omit<ReviewRow, 'id' | '__typename'>;

export interface ProductsData {
  readonly products: ReadonlyMap<string, ProductRow>;
  readonly bySku: ReadonlyMap<string, ProductRow>;
  readonly byCategory: ReadonlyMap<Category, readonly ProductRow[]>;
  readonly media: ReadonlyMap<string, MediaRow>;
  readonly mediaOf: ReadonlyMap<string, readonly MediaRow[]>;
  readonly reviews: ReadonlyMap<string, ReviewRow>;
  /** Oldest first. */
  readonly reviewsOf: ReadonlyMap<string, readonly ReviewRow[]>;
  readonly reviewsBy: ReadonlyMap<string, readonly ReviewRow[]>;
  add(review: NewReview): ReviewRow;
}

const CATEGORIES: readonly Category[] = ['BOOKS', 'ELECTRONICS', 'GARDEN', 'KITCHEN', 'TOYS'];
const COLOURS = ['slate', 'clay', 'moss'];
const OPINIONS = [
  'Does what it should.',
  'Would buy it again.',
  'Arrived late, works well.',
  'Too small for me.',
  '',
];
const MOST_ADDED = 1_000;
const HOUR_MS = 3_600_000;

export function skuId(key: { readonly tenant: string; readonly sku: string }): string {
  return `${key.tenant}/${key.sku}`;
}

function createProduct(fact: ProductFact, random: Random): ProductRow {
  const colours = COLOURS.slice(0, integer(random, 1, COLOURS.length));
  return {
    __typename: 'Product',
    ...fact,
    description: random() < 0.9 ? `${fact.name}, made to last.` : null,
    category: pick(random, CATEGORIES),
    costPrice: cents(fact.price * 0.6),
    weight: integer(random, 1, 400) / 10,
    dimensions: {
      length: integer(random, 5, 60),
      width: integer(random, 5, 60),
      height: integer(random, 2, 40),
    },
    stock: Math.max(0, integer(random, -20, 80)),
    gallery: colours.map(colour =>
      ['s', 'l'].map(size => `https://img.example.com/${fact.id}/${colour}-${size}.jpg`),
    ),
  };
}

function createMedia(product: ProductRow, random: Random): MediaRow {
  const mediaNumber = Number(product.id.slice(2));
  const base = { id: `md-${mediaNumber}`, product: { id: product.id } };
  if (mediaNumber % 2 === 0) {
    const title = `How to use the ${product.name}`;
    return { __typename: 'Video', ...base, title, durationSeconds: integer(random, 30, 600) };
  }
  const title = `${product.name} manual`;
  return { __typename: 'Manual', ...base, title, pages: integer(random, 2, 80), languages: ['en', 'de'] };
}

function createReview(reviewNumber: number, random: Random): ReviewRow {
  // Two of three reviewers did order the product, so that verifiedPurchase has both answers.
  const purchase = firstPurchaseOf(integer(random, 1, ORDER_COUNT));
  const author = PEOPLE[purchase.userNumber - 1];
  const product = reviewNumber % 3 === 0 ? pick(random, CATALOGUE) : CATALOGUE[purchase.productNumber - 1];
  if (!author || !product) throw new RangeError('a seeded purchase names nobody');
  return {
    __typename: 'Review',
    id: `r-${reviewNumber}`,
    rating: integer(random, 1, 5),
    text: pick(random, OPINIONS),
    createdAt: new Date(HISTORY_START + reviewNumber * HOUR_MS).toISOString(),
    author: { id: author.id, name: author.name },
    product: { id: product.id },
  };
}

function groupBy<Key, Row>(rows: Iterable<Row>, keyOf: (row: Row) => Key): Map<Key, Row[]> {
  const groups = new Map<Key, Row[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}

interface ReviewShelf {
  readonly reviews: Map<string, ReviewRow>;
  readonly reviewsOf: Map<string, ReviewRow[]>;
  readonly reviewsBy: Map<string, ReviewRow[]>;
}

// Lists are replaced, not pushed to: a request that is reading one goes on with what it had.
function insertReview({ reviews, reviewsOf, reviewsBy }: ReviewShelf, review: ReviewRow): void {
  reviews.set(review.id, review);
  reviewsOf.set(review.product.id, [...(reviewsOf.get(review.product.id) ?? []), review]);
  reviewsBy.set(review.author.id, [...(reviewsBy.get(review.author.id) ?? []), review]);
}

function removeReview({ reviews, reviewsOf, reviewsBy }: ReviewShelf, review: ReviewRow): void {
  reviews.delete(review.id);
  const others = (list: readonly ReviewRow[] = []) => list.filter(other => other !== review);
  reviewsOf.set(review.product.id, others(reviewsOf.get(review.product.id)));
  reviewsBy.set(review.author.id, others(reviewsBy.get(review.author.id)));
}

/** The same catalogue on every start, and room for the newest thousand reviews that callers add. */
export function createProductsData(): ProductsData {
  const random = createRandom(303);
  const products = CATALOGUE.map(fact => createProduct(fact, random));
  const media = products.map(product => createMedia(product, random));
  const shelf: ReviewShelf = { reviews: new Map(), reviewsOf: new Map(), reviewsBy: new Map() };
  const keepNewest = createAdditions<ReviewRow>(MOST_ADDED, review => removeReview(shelf, review));
  let lastNumber = REVIEW_COUNT;

  for (let n = 1; n <= REVIEW_COUNT; n += 1) insertReview(shelf, createReview(n, random));
  return {
    products: new Map(products.map(product => [product.id, product])),
    bySku: new Map(products.map(product => [skuId(product), product])),
    byCategory: groupBy(products, product => product.category),
    media: new Map(media.map(row => [row.id, row])),
    mediaOf: groupBy(media, row => row.product.id),
    ...shelf,
    add(review) {
      lastNumber += 1;
      const row: ReviewRow = { __typename: 'Review', id: `r-${lastNumber}`, ...review };
      insertReview(shelf, row);
      keepNewest(row);
      return row;
    },
  };
}
