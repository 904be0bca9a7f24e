import { type BatchObserver, createBatchLoader } from '../shared/batch-loader.ts';
import { type ProductsData, skuId } from './data.ts';

export type ProductsLoaders = ReturnType<typeof createProductsLoaders>;

/** One set per request: loaders remember what they loaded, and no caller may be shown another's view. */
export function createProductsLoaders(data: ProductsData, observe: BatchObserver) {
  return {
    product: createBatchLoader({
      name: 'product',
      observe,
      find: (id: string) => data.products.get(id) ?? null,
    }),
    productBySku: createBatchLoader({
      name: 'productBySku',
      observe,
      find: (key: { tenant: string; sku: string }) => data.bySku.get(skuId(key)) ?? null,
      identify: skuId,
    }),
    review: createBatchLoader({
      name: 'review',
      observe,
      find: (id: string) => data.reviews.get(id) ?? null,
    }),
    reviewsOf: createBatchLoader({
      name: 'reviewsOf',
      observe,
      find: (productId: string) => data.reviewsOf.get(productId) ?? [],
    }),
    reviewsBy: createBatchLoader({
      name: 'reviewsBy',
      observe,
      find: (userId: string) => data.reviewsBy.get(userId) ?? [],
    }),
    media: createBatchLoader({ name: 'media', observe, find: (id: string) => data.media.get(id) ?? null }),
    mediaOf: createBatchLoader({
      name: 'mediaOf',
      observe,
      find: (productId: string) => data.mediaOf.get(productId) ?? [],
    }),
  };
}
