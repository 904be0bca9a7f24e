import { type Address, randomAddress } from '../shared/address.ts';
import { createRandom, integer, pick, type Random } from '../shared/random.ts';
import {
  CATALOGUE,
  HISTORY_START,
  type MembershipKey,
  membershipKeyOf,
  ORGANIZATIONS,
  type OrganizationFact,
  PEOPLE,
  type PersonFact,
  PRODUCT_COUNT,
} from '../shared/seed.ts';

export type Role = 'CUSTOMER' | 'SUPPORT' | 'ADMIN';
export type AddressKind = 'HOME' | 'WORK';

/** What a table would hold: names of other entities are kept as their keys, never as copies. */
export interface UserRow extends PersonFact {
  readonly __typename: 'User';
  readonly email: string;
  readonly role: Role;
  readonly joinedAt: string;
  readonly addresses: readonly (Address & { readonly kind: AddressKind })[];
  readonly membership: MembershipKey;
  readonly wishlist: readonly { readonly tenant: string; readonly sku: string }[];
  readonly likedMedia: readonly string[];
  readonly supportNotes: readonly string[];
  readonly loyaltyPoints: number;
}

export interface OrganizationRow extends OrganizationFact {
  readonly __typename: 'Organization';
}

export interface MembershipRow extends MembershipKey {
  readonly __typename: 'Membership';
  readonly user: { readonly id: string };
  readonly title: string;
  readonly since: string;
}

export interface UsersData {
  readonly users: ReadonlyMap<string, UserRow>;
  readonly organizations: ReadonlyMap<string, OrganizationRow>;
  readonly memberships: ReadonlyMap<string, MembershipRow>;
  readonly membersOf: ReadonlyMap<string, readonly MembershipRow[]>;
  /** Ids of the users who like a media, by its id. */
  readonly likes: ReadonlyMap<string, readonly string[]>;
}

const TITLES = ['Buyer', 'Engineer', 'Accountant', 'Designer'];
const DAY_MS = 86_400_000;

/** A membership id alone is not unique: the organization belongs to the key. */
export function membershipId(key: MembershipKey): string {
  return `${key.organization.id}/${key.id}`;
}

// By number rather than by chance, so that tests and readers can name an admin: u-100.
function roleOf(userNumber: number): Role {
  if (userNumber % 100 === 0) return 'ADMIN';
  return userNumber % 20 === 0 ? 'SUPPORT' : 'CUSTOMER';
}

function createUser(person: PersonFact, random: Random): UserRow {
  const userNumber = Number(person.id.slice(2));
  // The first users are the ones people try queries with, so theirs are never empty.
  const likeCount = integer(random, userNumber <= 10 ? 1 : 0, 6);
  const likes = Array.from({ length: likeCount }, () => `md-${integer(random, 1, PRODUCT_COUNT)}`);
  return {
    __typename: 'User',
    ...person,
    email: `${person.username}@example.com`,
    role: roleOf(userNumber),
    joinedAt: new Date(HISTORY_START - integer(random, 1, 2_000) * DAY_MS).toISOString(),
    addresses: (['HOME', 'WORK'] as const)
      .slice(0, integer(random, 1, 2))
      .map(kind => ({ kind, ...randomAddress(random) })),
    membership: membershipKeyOf(userNumber),
    wishlist: Array.from({ length: integer(random, 0, 5) }, () => pick(random, CATALOGUE)).map(
      ({ tenant, sku }) => ({ tenant, sku }),
    ),
    likedMedia: [...new Set(likes)],
    supportNotes: random() < 0.1 ? ['Prefers to be called in the morning'] : [],
    loyaltyPoints: integer(random, 0, 2_000),
  };
}

function createMembership(user: UserRow, random: Random): MembershipRow {
  return {
    __typename: 'Membership',
    ...user.membership,
    user: { id: user.id },
    title: pick(random, TITLES),
    since: user.joinedAt,
  };
}

function groupBy<Row>(rows: Iterable<Row>, keysOf: (row: Row) => readonly string[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    for (const key of keysOf(row)) {
      const group = groups.get(key);
      if (group) group.push(row);
      else groups.set(key, [row]);
    }
  }
  return groups;
}

/** The same thousand users on every start. */
export function createUsersData(): UsersData {
  const random = createRandom(101);
  const users = PEOPLE.map(person => createUser(person, random));
  const memberships = users.map(user => createMembership(user, random));
  const likes = [...groupBy(users, user => user.likedMedia)].map(
    ([media, fans]) => [media, fans.map(fan => fan.id)] as const,
  );
  return {
    users: new Map(users.map(user => [user.id, user])),
    organizations: new Map(ORGANIZATIONS.map(fact => [fact.id, { __typename: 'Organization', ...fact }])),
    memberships: new Map(memberships.map(membership => [membershipId(membership), membership])),
    membersOf: groupBy(memberships, membership => [membership.organization.id]),
    likes: new Map(likes),
  };
}
