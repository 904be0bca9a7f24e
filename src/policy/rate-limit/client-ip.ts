import { isIPv4, isIPv6 } from 'node:net';

export interface Connection {
  /** Of the socket; undefined where there is none. */
  readonly remoteAddress: string | undefined;
  /** X-Forwarded-For, joined. Whoever sends a request may begin it with anything. */
  readonly forwardedFor: string | undefined;
}

/** Longer than any chain of proxies that can be trusted (16) writes. */
const MAX_READ = 2_048;

/**
 * What stands for a client's address: an IPv4 address, or the /64 of an IPv6 address, as one customer has at least so
 * many. Each trusted proxy has added the address of who connected to it on the right, so that many entries are
 * counted from there; what is left of them anybody may have written, and is not looked at.
 */
export function clientIp({ remoteAddress, forwardedFor }: Connection, trustedProxies: number): string {
  const own = groupAddress(remoteAddress ?? '') ?? 'unknown';
  if (trustedProxies === 0 || forwardedFor === undefined) return own;
  const entries = forwardedFor.slice(-MAX_READ).split(',');
  const entry = entries[Math.max(0, entries.length - trustedProxies)] ?? '';
  return groupAddress(withoutPort(entry.trim())) ?? own;
}

/** Null for what is no address. */
export function groupAddress(text: string): string | null {
  const address = text.replace(/%.*$/s, '').toLowerCase();
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return null;
  const mapped = mappedAddress(address);
  if (mapped !== null) return mapped;
  return `${groupsOf(address).slice(0, 4).join(':')}::/64`;
}

/** `1.2.3.4:5`, `[::1]:5`, `"[::1]"`. */
function withoutPort(text: string): string {
  const bare = text.replace(/^"(.*)"$/s, '$1');
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(bare);
  if (bracketed !== null) return bracketed[1] ?? '';
  return /^([\d.]+):\d{1,5}$/.exec(bare)?.[1] ?? bare;
}

/** RFC 4291, 2.5.5.2: how a socket for both families sees a client of IPv4. */
function mappedAddress(address: string): string | null {
  const groups = groupsOf(address);
  if (groups[5] !== 'ffff' || groups.slice(0, 5).some(group => group !== '0')) return null;
  const [high = 0, low = 0] = groups.slice(6).map(group => Number.parseInt(group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The eight groups, without leading zeros. */
function groupsOf(address: string): readonly string[] {
  const text = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [left = '', right] = text.split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const middle = Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  return [...head, ...middle, ...tail].map(group => Number.parseInt(group, 16).toString(16));
}
