import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { clientIp } from '../policy/rate-limit/client-ip.ts';

/** A client's address; see `clientIp`. @param trustedProxies whose word on it counts */
export function rememberAddresses(
  trustedProxies: number,
): (socket: Socket, headers: IncomingHttpHeaders) => string {
  // One connection carries many requests.
  const known = new WeakMap<Socket, string>();
  return (socket, headers) => {
    const forwarded = trustedProxies === 0 ? undefined : headers['x-forwarded-for'];
    if (forwarded !== undefined) {
      const forwardedFor = typeof forwarded === 'string' ? forwarded : forwarded.join();
      return clientIp({ remoteAddress: socket.remoteAddress, forwardedFor }, trustedProxies);
    }
    const found = known.get(socket);
    if (found !== undefined) return found;
    const own = clientIp({ remoteAddress: socket.remoteAddress, forwardedFor: undefined }, trustedProxies);
    known.set(socket, own);
    return own;
  };
}
