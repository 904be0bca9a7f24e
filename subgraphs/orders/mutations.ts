import type { Address } from '../shared/address.ts';
import { requireId } from '../shared/caller.ts';
import { badUserInput, notFound } from '../shared/input-error.ts';
import type { Currency } from '../shared/money.ts';
import { CATALOGUE } from '../shared/seed.ts';
import type { OrdersContext } from './context.ts';
import type { OrderLine, OrderRow } from './data.ts';

export interface PlaceOrderInput {
  readonly items: readonly { readonly productId: string; readonly quantity?: number | null }[];
  readonly currency?: Currency | null;
  readonly shippingAddress?: Address | null;
  readonly note?: string | null;
}

// Every part of an order that a caller chooses is bounded, since orders are kept in memory.
const MOST_ITEMS = 20;
const MOST_OF_ONE = 100;
const LONGEST_NOTE = 500;
const WAREHOUSE: Address = { street: '1 Weir Road', city: 'Leeds', postcode: '10001', country: 'GB' };
const PRODUCT_NUMBERS: ReadonlyMap<string, number> = new Map(
  CATALOGUE.map(({ id }, index) => [id, index + 1]),
);

function toLine(item: PlaceOrderInput['items'][number], index: number): OrderLine {
  const field = `input.items.${index}`;
  const quantity = item.quantity ?? 1;
  if (quantity < 1 || quantity > MOST_OF_ONE) {
    throw badUserInput(`quantity must be between 1 and ${MOST_OF_ONE}`, `${field}.quantity`);
  }
  const productNumber = PRODUCT_NUMBERS.get(item.productId);
  if (productNumber === undefined) throw notFound('No product has this id', `${field}.productId`);
  return { productNumber, quantity };
}

// The address travels on in answers and is kept, so its size is the caller's to use up but not to choose.
function checkAddress(address: Address): Address {
  for (const part of ['street', 'city', 'postcode'] as const) {
    const { length } = address[part];
    if (length < 1 || length > 100) {
      throw badUserInput(`${part} must have 1 to 100 characters`, `input.shippingAddress.${part}`);
    }
  }
  return address;
}

/** Throws UNAUTHENTICATED, or BAD_USER_INPUT or NOT_FOUND with the field at fault, before anything is changed. */
export async function placeOrder(
  _: unknown,
  { input }: { input: PlaceOrderInput },
  { data, caller, now }: OrdersContext,
): Promise<OrderRow> {
  const userId = requireId(caller);
  if (input.items.length < 1 || input.items.length > MOST_ITEMS) {
    throw badUserInput(`items must name 1 to ${MOST_ITEMS} products`, 'input.items');
  }
  if (input.note && input.note.length > LONGEST_NOTE) {
    throw badUserInput(`note may have ${LONGEST_NOTE} characters`, 'input.note');
  }
  return data.add({
    userId,
    lines: input.items.map(toLine),
    currency: input.currency ?? 'EUR',
    shippingAddress: checkAddress(input.shippingAddress ?? WAREHOUSE),
    note: input.note ?? null,
    createdAt: new Date(now()).toISOString(),
  });
}

/**
 * Whose an order is, only this subgraph knows before it is too late, so the check is here and not at the gateway. To
 * others than its owner and support an order is one that does not exist.
 */
export async function cancelOrder(
  _: unknown,
  { id }: { id: string },
  { data, caller }: OrdersContext,
): Promise<OrderRow> {
  const callerId = requireId(caller);
  const order = data.orders.get(id);
  const isTheirs = order?.user.id === callerId || caller.roles.has('support');
  if (!order || !isTheirs) throw notFound('You have no order with this id', 'id');
  if (order.status !== 'PENDING' && order.status !== 'PAID') {
    throw badUserInput('Only an order that is pending or paid can be cancelled', 'id');
  }
  return data.setStatus(order, 'CANCELLED');
}
