import { type BatchObserver, createBatchLoader } from '../shared/batch-loader.ts';
import type { MembershipKey } from '../shared/seed.ts';
import { membershipId, type UsersData } from './data.ts';

export type UsersLoaders = ReturnType<typeof createUsersLoaders>;

/** One set per request: loaders remember what they loaded, and no caller may be shown another's view. */
export function createUsersLoaders(data: UsersData, observe: BatchObserver) {
  return {
    user: createBatchLoader({ name: 'user', observe, find: (id: string) => data.users.get(id) ?? null }),
    organization: createBatchLoader({
      name: 'organization',
      observe,
      find: (id: string) => data.organizations.get(id) ?? null,
    }),
    membership: createBatchLoader({
      name: 'membership',
      observe,
      find: (key: MembershipKey) => data.memberships.get(membershipId(key)) ?? null,
      identify: membershipId,
    }),
    membersOf: createBatchLoader({
      name: 'membersOf',
      observe,
      find: (organizationId: string) => data.membersOf.get(organizationId) ?? [],
    }),
    likes: createBatchLoader({
      name: 'likes',
      observe,
      find: (mediaId: string) => data.likes.get(mediaId) ?? [],
    }),
  };
}
