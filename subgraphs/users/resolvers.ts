import { DateTime } from '../shared/date-time.ts';
import type { Resolvers } from '../shared/definition.ts';
import { badUserInput } from '../shared/input-error.ts';
import { pageSize } from '../shared/page-size.ts';
import type { MembershipKey } from '../shared/seed.ts';
import { type Connection, createConnection } from './connection.ts';
import type { UsersContext } from './context.ts';
import type { AddressKind, MembershipRow, OrganizationRow, Role, UserRow } from './data.ts';

interface Reference {
  readonly id: string;
}

type Profile = UserRow | OrganizationRow;

// One request may not turn into an unbounded number of loads.
const MOST_IDS = 100;

// Ids say what they name by their prefix, so a profile costs one load and not two tries.
async function findProfile(id: string, { loaders }: UsersContext): Promise<Profile | null> {
  return id.startsWith('org-') ? loaders.organization.load(id) : loaders.user.load(id);
}

async function listUsers(
  _: unknown,
  args: { first?: number | null; after?: string | null; role?: Role | null },
  { data }: UsersContext,
): Promise<Connection<UserRow>> {
  const first = pageSize(args.first, 10);
  const rows = [...data.users.values()].filter(user => !args.role || user.role === args.role);
  const positionOf = (id: string) => (data.users.has(id) ? Number(id.slice(2)) : undefined);
  return createConnection(rows, { first, after: args.after, positionOf });
}

const Query = {
  me: (_: unknown, _args: unknown, { loaders, caller }: UsersContext) =>
    caller.id === null ? null : loaders.user.load(caller.id),
  user: (_: unknown, { id }: Reference, { loaders }: UsersContext) => loaders.user.load(id),
  users: listUsers,
  organization: (_: unknown, { id }: Reference, { loaders }: UsersContext) => loaders.organization.load(id),
  profile: (_: unknown, { id }: Reference, context: UsersContext) => findProfile(id, context),
  profiles: (_: unknown, { ids }: { ids: readonly string[] }, context: UsersContext) => {
    if (ids.length > MOST_IDS) throw badUserInput(`ids may name ${MOST_IDS} at most`, 'ids');
    return ids.map(id => findProfile(id, context));
  },
};

const User = {
  __resolveReference: ({ id }: Reference, { loaders }: UsersContext) => loaders.user.load(id),
  displayName: (user: UserRow) => user.name,
  addresses: (user: UserRow, { kinds }: { kinds?: readonly AddressKind[] | null }) =>
    user.addresses.filter(address => !kinds || kinds.includes(address.kind)),
  organization: (user: UserRow, _: unknown, { loaders }: UsersContext) =>
    loaders.organization.load(user.membership.organization.id),
  membership: (user: UserRow, _: unknown, { loaders }: UsersContext) =>
    loaders.membership.load(user.membership),
  wishlist: (user: UserRow, { first }: { first?: number | null }) =>
    user.wishlist.slice(0, pageSize(first, 3)),
  // This team knows that the media exists, not which kind it is: products answers __typename.
  likedMedia: (user: UserRow, { first }: { first?: number | null }) =>
    user.likedMedia.slice(0, pageSize(first, 3)).map(id => ({ __typename: 'Media', id })),
};

const Organization = {
  __resolveReference: ({ id }: Reference, { loaders }: UsersContext) => loaders.organization.load(id),
  displayName: (organization: OrganizationRow) => organization.name,
  members: async (
    organization: OrganizationRow,
    { first, role }: { first?: number | null; role?: Role | null },
    { loaders, data }: UsersContext,
  ) => {
    const members = await loaders.membersOf.load(organization.id);
    return members
      .filter(member => !role || data.users.get(member.user.id)?.role === role)
      .slice(0, pageSize(first, 5));
  },
};

// The nested key arrives as { id, organization: { id } }, in the shape the schema writes it.
const Membership = {
  __resolveReference: (key: MembershipKey, { loaders }: UsersContext) => loaders.membership.load(key),
  organization: (membership: MembershipRow, _: unknown, { loaders }: UsersContext) =>
    loaders.organization.load(membership.organization.id),
  user: (membership: MembershipRow, _: unknown, { loaders }: UsersContext) =>
    loaders.user.load(membership.user.id),
};

// An @interfaceObject: this subgraph adds fields to every kind of media and knows none of the kinds.
const Media = {
  likes: async ({ id }: Reference, _: unknown, { loaders }: UsersContext) =>
    (await loaders.likes.load(id)).length,
  likedBy: async ({ id }: Reference, { first }: { first?: number | null }, { loaders }: UsersContext) => {
    const fans = await loaders.likes.load(id);
    return loaders.user.loadMany(fans.slice(0, pageSize(first, 3)));
  },
};

export const usersResolvers: Resolvers<UsersContext> = {
  DateTime,
  Query,
  Profile: { __resolveType: (profile: Profile) => profile.__typename },
  User,
  Organization,
  Membership,
  Media,
};
