import { isIP } from 'node:net';
import { GatewayError } from '../errors.ts';

const MOST_SHOWN = 100;

/**
 * Refuses requests to names that the listener is not known by. A page whose owner points its name at this address (DNS
 * rebinding) is of the same origin then, so that its visitors' browsers let it read what the listener answers; over HTTP
 * their GETs show nothing of it but the name, in `Host`. Addresses and names below `localhost` cannot be pointed anywhere.
 *
 * @param names that the listener goes by, in lower case
 * @throws GatewayError HOST_NOT_ALLOWED
 */
export function assertKnownHost(host: string, names: ReadonlySet<string>): void {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  // Browsers always say it.
  if (name === '' || names.has(name)) return;
  if (name === 'localhost' || name.endsWith('.localhost')) return;
  if (isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0) return;
  const shown = JSON.stringify(name.slice(0, MOST_SHOWN));
  throw new GatewayError('HOST_NOT_ALLOWED', {
    message: `This listener is not known as ${shown}. Ask for its address or localhost, or add the name to \`admin.hosts\`.`,
  });
}
