import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/**
 * Whether a request may have been caused by another web site in an operator's browser. The listener asks nobody who
 * they are, so that whoever reaches it may do all there is to do; a page that its operator looks at must not.
 *
 * Browsers send `Sec-Fetch-Site`, older ones `Origin` with all that changes something. A name that a page's owner has
 * pointed at this address (DNS rebinding) makes it the same site; such pages are known by their `Host`, a name.
 */
export function isForeignPage({ host = '', origin, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (site === undefined && origin === undefined) return false;
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) return true;
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return name !== 'localhost' && isIP(name) === 0;
}
