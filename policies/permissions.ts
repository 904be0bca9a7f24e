import { or, rule } from 'graphql-shield';

/*
 * Who may do what, beside what the schemas say with @authenticated and @requiresScopes. The gateway reads this file at
 * the start and, in `weir dev`, whenever it is saved; docs/authorization.md says all that can stand here.
 */

/** Looks at the caller and nothing else, so one answer does for a whole request. */
const isSupport = rule({ cache: 'contextual' })(
  (_parent, _args, { caller }) => caller.roles.has('support') || caller.roles.has('admin'),
);

/** Looks at the arguments. Whatever it answers but `true` denies; a text is what the client is told. */
const asksForOwnOrders = rule({ cache: 'strict' })((_parent, { filter }, { caller }) => {
  const ids: readonly string[] = filter?.userIds ?? [];
  const isOwn = ids.length > 0 && ids.every(id => id === caller.subject);
  return isOwn || 'Ask for your own orders: filter: { userIds: [your id] }';
});

/** Looks at the fetched user, of whom it needs the id, so it is asked after the fetch. */
const isThemselves = rule({ cache: 'strict', fragment: 'fragment Self on User { id }' })(
  (user, _args, { caller }) => user.id === caller.subject,
);

/** The same of an order: whose it is. */
const isBuyer = rule({ cache: 'strict', fragment: 'fragment Buyer on Order { user { id } }' })(
  (order, _args, { caller }) => order.user?.id === caller.subject,
);

export const permissions = {
  Query: { orders: or(isSupport, asksForOwnOrders) },
  User: { addresses: or(isSupport, isThemselves) },
  Order: { shippingAddress: or(isSupport, isBuyer) },
};

/** What @policy(policies: [["support"]]) means in the schemas. */
export const policies = { support: isSupport };

export const options = { fallbackError: 'You may not see this.' };
