import type { Caller } from '../../http/caller.ts';
import { createCaller } from '../caller.ts';
import type { ApiKeyRecord } from './record.ts';

/** Who presents a key. What the record leaves open is no claim, so that a rule on a claim's absence works. */
export function callerOfRecord(record: ApiKeyRecord): Caller {
  const { subject, scopes, roles, tenant, tier, client, persona } = record;
  const claims = Object.entries({
    sub: subject,
    scope: scopes.length === 0 ? null : scopes.join(' '),
    roles: roles.length === 0 ? null : Object.freeze([...roles]),
    tenant,
    tier,
    client_id: client,
    persona,
  }).filter(([, value]) => value !== null);
  return createCaller({
    kind: 'api-key',
    subject,
    scopes: new Set(scopes),
    roles: new Set(roles),
    permissions: new Set(),
    tenant,
    tier,
    client,
    persona,
    claims: Object.freeze(Object.fromEntries(claims)),
  });
}
