import { type FieldNode, print } from 'graphql';
import { responseKeyOf } from '../../../shared/response-key-of.ts';

/** Client field → the response key that stands for it between planner and projection. */
export type ResponseKeys = ReadonlyMap<FieldNode, string>;

/**
 * Gives every field of an operation a response key that means one thing in the whole operation: one field
 * name with one set of arguments. Three guarantees come from it:
 *
 * - a client's alias never shadows a key or `@requires` field that a planner adds (both planners would let it);
 * - one entity object can stand at several places of the response, whatever else is fetched for each of them;
 * - no key is a property that objects inherit (`__proto__`, `constructor`), so nothing a client names is special.
 *
 * A field keeps the key its client chose unless one of these is at stake.
 *
 * @param reserved names of fields in the supergraph's keys and `@requires` sets.
 */
export function assignResponseKeys(
  fields: readonly FieldNode[],
  reserved: ReadonlySet<string>,
): ResponseKeys {
  const keys = new Map<FieldNode, string>();
  const claims = new Map<string, string>();
  const taken = new Set(fields.map(responseKeyOf));
  let counter = 0;

  const synthetic = (key: string): string => {
    let candidate: string;
    do candidate = `w${counter++}_${key.replace(/^_+/, '')}`;
    while (taken.has(candidate) || reserved.has(candidate));
    taken.add(candidate);
    return candidate;
  };
  const renamed = new Map<string, string>();

  for (const field of plainFieldsFirst(fields)) {
    const key = responseKeyOf(field);
    const signature = signatureOf(field);
    const ownName = signature === key;
    const free = ownName || !reserved.has(key);
    if (free && !(key in Object.prototype) && (claims.get(key) ?? signature) === signature) {
      claims.set(key, signature);
      keys.set(field, key);
      continue;
    }
    const meaning = `${key} ${signature}`;
    const replacement = renamed.get(meaning) ?? synthetic(key);
    renamed.set(meaning, replacement);
    keys.set(field, replacement);
  }
  return keys;
}

/** Fields under their own name and without arguments are what planners add themselves: they keep their names. */
function plainFieldsFirst(fields: readonly FieldNode[]): readonly FieldNode[] {
  const isPlain = (field: FieldNode): boolean => signatureOf(field) === responseKeyOf(field);
  return [...fields.filter(isPlain), ...fields.filter(field => !isPlain(field))];
}

function signatureOf(field: FieldNode): string {
  if (!field.arguments?.length) return field.name.value;
  return `${field.name.value}(${field.arguments.map(print).sort().join(',')})`;
}
