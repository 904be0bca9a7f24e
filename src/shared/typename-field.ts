import { type FieldNode, Kind } from 'graphql';

/** `__typename`, to be selected. */
export const TYPENAME_FIELD: FieldNode = {
  kind: Kind.FIELD,
  name: { kind: Kind.NAME, value: '__typename' },
};
