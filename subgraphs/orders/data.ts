import { type Address, randomAddress } from '../shared/address.ts';
import { createAdditions } from '../shared/bounded-additions.ts';
import { type Currency, cents, fromEur } from '../shared/money.ts';
import { createRandom, integer, pick, type Random } from '../shared/random.ts';
import {
  CATALOGUE,
  firstPurchaseOf,
  HISTORY_START,
  type MembershipKey,
  membershipKeyOf,
  ORDER_COUNT,
  ORGANIZATION_COUNT,
  PRODUCT_COUNT,
  USER_COUNT,
} from '../shared/seed.ts';

export type OrderStatus = 'PENDING' | 'PAID' | 'SHIPPED' | 'DELIVERED' | 'CANCELLED';

/** The price is what it was on the day; a product that gets dearer later changes no order. */
export interface OrderItemRow {
  readonly product: { readonly id: string };
  readonly quantity: number;
  readonly unitPrice: number;
  readonly currency: Currency;
}

export interface OrderRow {
  readonly __typename: 'Order';
  readonly id: string;
  readonly status: OrderStatus;
  readonly total: number;
  readonly currency: Currency;
  readonly createdAt: string;
  readonly note: string | null;
  readonly user: { readonly id: string };
  readonly items: readonly OrderItemRow[];
  readonly shippingAddress: Address;
  readonly approvedBy: MembershipKey | null;
  readonly fraudScore: number;
}

/** An order as it comes in, already checked. */
export interface NewOrder {
  readonly userId: string;
  readonly lines: readonly OrderLine[];
  readonly currency: Currency;
  readonly shippingAddress: Address;
  readonly note: string | null;
  readonly createdAt: string;
}

export interface OrderLine {
  readonly productNumber: number;
  readonly quantity: number;
}

export interface OrdersData {
  readonly orders: ReadonlyMap<string, OrderRow>;
  /** Oldest first, as they were placed. */
  readonly ordersOf: ReadonlyMap<string, readonly string[]>;
  readonly approvedBy: ReadonlyMap<string, readonly string[]>;
  readonly unitsSold: ReadonlyMap<string, number>;
  add(order: NewOrder): OrderRow;
  setStatus(order: OrderRow, status: OrderStatus): OrderRow;
}

// Compared with the total in the order's own currency: an example may be that simple.
const LARGEST_UNSIGNED_EUR = 800;
const MOST_ADDED = 1_000;
const HOUR_MS = 3_600_000;
const STATUSES: readonly OrderStatus[] = [
  'PENDING',
  'PAID',
  'SHIPPED',
  'DELIVERED',
  'DELIVERED',
  'CANCELLED',
];

export function membershipId(key: MembershipKey): string {
  return `${key.organization.id}/${key.id}`;
}

// Throws RangeError for a number that is not in the catalogue; mutations have checked it by then.
function priceItem(line: OrderLine, currency: Currency): OrderItemRow {
  const fact = CATALOGUE[line.productNumber - 1];
  if (!fact) throw new RangeError(`no product number ${line.productNumber}`);
  const unitPrice = fromEur(fact.price, currency).amount;
  return { product: { id: fact.id }, quantity: line.quantity, unitPrice, currency };
}

// Someone else of the same organization signs: the next member on its list.
function approverOf(userNumber: number): MembershipKey {
  return membershipKeyOf(((userNumber - 1 + ORGANIZATION_COUNT) % USER_COUNT) + 1);
}

function createOrder(id: string, order: NewOrder): OrderRow {
  const items = order.lines.map(line => priceItem(line, order.currency));
  const total = cents(items.reduce((sum, item) => sum + item.unitPrice * item.quantity, 0));
  const userNumber = Number(order.userId.slice(2));
  const needsApproval = total > LARGEST_UNSIGNED_EUR && userNumber >= 1 && userNumber <= USER_COUNT;
  return {
    __typename: 'Order',
    id,
    status: 'PENDING',
    total,
    currency: order.currency,
    createdAt: order.createdAt,
    note: order.note,
    user: { id: order.userId },
    items,
    shippingAddress: order.shippingAddress,
    approvedBy: needsApproval ? approverOf(userNumber) : null,
    fraudScore: Math.min(1, Math.round(total / 20) / 100),
  };
}

function seedOrder(orderNumber: number, random: Random): OrderRow {
  const { userNumber, productNumber } = firstPurchaseOf(orderNumber);
  const more = Array.from({ length: integer(random, 0, 3) }, () => integer(random, 1, PRODUCT_COUNT));
  const order = createOrder(`o-${orderNumber}`, {
    userId: `u-${userNumber}`,
    lines: [productNumber, ...more].map(n => ({ productNumber: n, quantity: integer(random, 1, 3) })),
    currency: pick(random, ['EUR', 'EUR', 'GBP', 'USD'] as const),
    shippingAddress: randomAddress(random),
    note: random() < 0.2 ? 'Leave it with the neighbours' : null,
    createdAt: new Date(
      HISTORY_START + orderNumber * HOUR_MS + integer(random, 0, HOUR_MS - 1),
    ).toISOString(),
  });
  return { ...order, status: pick(random, STATUSES) };
}

function push(lists: Map<string, string[]>, key: string, id: string): void {
  const list = lists.get(key);
  if (list) list.push(id);
  else lists.set(key, [id]);
}

function remove(lists: Map<string, string[]>, key: string, id: string): void {
  const rest = (lists.get(key) ?? []).filter(other => other !== id);
  if (rest.length === 0) lists.delete(key);
  else lists.set(key, rest);
}

/** The same five thousand orders on every start, and room for the newest thousand that callers add. */
export function createOrdersData(): OrdersData {
  const random = createRandom(202);
  const orders = new Map<string, OrderRow>();
  const ordersOf = new Map<string, string[]>();
  const approvedBy = new Map<string, string[]>();
  const unitsSold = new Map<string, number>();
  let lastNumber = ORDER_COUNT;

  function insert(order: OrderRow): void {
    orders.set(order.id, order);
    push(ordersOf, order.user.id, order.id);
    if (order.approvedBy) push(approvedBy, membershipId(order.approvedBy), order.id);
    for (const item of order.items) {
      unitsSold.set(item.product.id, (unitsSold.get(item.product.id) ?? 0) + item.quantity);
    }
  }

  const keepNewest = createAdditions<OrderRow>(MOST_ADDED, order => {
    orders.delete(order.id);
    remove(ordersOf, order.user.id, order.id);
    if (order.approvedBy) remove(approvedBy, membershipId(order.approvedBy), order.id);
  });

  for (let n = 1; n <= ORDER_COUNT; n += 1) insert(seedOrder(n, random));
  return {
    orders,
    ordersOf,
    approvedBy,
    unitsSold,
    add(order) {
      lastNumber += 1;
      const row = createOrder(`o-${lastNumber}`, order);
      insert(row);
      keepNewest(row);
      return row;
    },
    setStatus(order, status) {
      const changed = { ...order, status };
      orders.set(order.id, changed);
      return changed;
    },
  };
}
