import { createRandom, integer, pick } from './random.ts';

/*
 * The facts that every team has on its shelf already: who exists and what is for sale. In production each
 * team would hold its own copy of them; here all three derive them from the same seed, so that references
 * from one subgraph always find their entity in another although no subgraph ever calls another.
 */

export const USER_COUNT = 1_000;
export const PRODUCT_COUNT = 400;
export const ORDER_COUNT = 5_000;
export const REVIEW_COUNT = 3_000;
export const ORGANIZATION_COUNT = 50;

/** The instant the seeded history begins at, in milliseconds since 1970. */
export const HISTORY_START = Date.UTC(2024, 0, 1);

export interface PersonFact {
  readonly id: string;
  readonly name: string;
  readonly username: string;
}

export interface ProductFact {
  readonly id: string;
  readonly tenant: string;
  readonly sku: string;
  readonly name: string;
  readonly price: number;
}

export interface OrganizationFact {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
}

export interface MembershipKey {
  readonly id: string;
  readonly organization: { readonly id: string };
}

const FIRST_NAMES = [
  'Ada',
  'Bruno',
  'Chiara',
  'Dmitri',
  'Elif',
  'Femi',
  'Grace',
  'Hedy',
  'Ines',
  'Jun',
  'Kofi',
  'Lena',
];
const LAST_NAMES = [
  'Abara',
  'Becker',
  'Costa',
  'Duarte',
  'Eriksen',
  'Fischer',
  'Grant',
  'Hopper',
  'Ito',
  'Jansen',
];
const MATERIALS = ['Oak', 'Steel', 'Linen', 'Cork', 'Copper', 'Wool', 'Glass', 'Slate'];
const THINGS = [
  'Lamp',
  'Kettle',
  'Chair',
  'Atlas',
  'Radio',
  'Planter',
  'Puzzle',
  'Knife',
  'Clock',
  'Speaker',
];
const TENANTS = ['north', 'south'];

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

function createPeople(): readonly PersonFact[] {
  const random = createRandom(11);
  return numbers(USER_COUNT).map(n => {
    const first = pick(random, FIRST_NAMES);
    const last = pick(random, LAST_NAMES);
    return { id: `u-${n}`, name: `${first} ${last}`, username: `${first}.${last}.${n}`.toLowerCase() };
  });
}

function createCatalogue(): readonly ProductFact[] {
  const random = createRandom(12);
  return numbers(PRODUCT_COUNT).map(n => ({
    id: `p-${n}`,
    tenant: TENANTS[n % TENANTS.length] ?? 'north',
    // Each label number is used by both tenants, so that neither half of the composite key is enough.
    sku: `sku-${Math.ceil(n / TENANTS.length)}`,
    name: `${pick(random, MATERIALS)} ${pick(random, THINGS)}`,
    price: integer(random, 199, 39_999) / 100,
  }));
}

export const PEOPLE = createPeople();
export const CATALOGUE = createCatalogue();
export const ORGANIZATIONS: readonly OrganizationFact[] = numbers(ORGANIZATION_COUNT).map(n => ({
  id: `org-${n}`,
  name: `${LAST_NAMES[n % LAST_NAMES.length]} & ${LAST_NAMES[(n * 3 + 1) % LAST_NAMES.length]} ${n}`,
  tenant: TENANTS[n % TENANTS.length] ?? 'north',
}));

/** Membership ids start again at m-1 in each organization. */
export function membershipKeyOf(userNumber: number): MembershipKey {
  return {
    id: `m-${Math.ceil(userNumber / ORGANIZATION_COUNT)}`,
    organization: { id: `org-${((userNumber - 1) % ORGANIZATION_COUNT) + 1}` },
  };
}

/** Who placed a seeded order and what its first item is; reviews are written from it, so some are verified. */
export function firstPurchaseOf(orderNumber: number): { userNumber: number; productNumber: number } {
  return {
    userNumber: ((orderNumber - 1) % USER_COUNT) + 1,
    productNumber: ((orderNumber * 7) % PRODUCT_COUNT) + 1,
  };
}
