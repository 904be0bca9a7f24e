import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { rememberAddresses } from '../../src/gateway/client-address.ts';
import { clientIp } from '../../src/policy/rate-limit/client-ip.ts';
import { seeded, whole } from '../policy/rate-limit/random-schedule.ts';

const socketOf = (remoteAddress: string | undefined): Socket => ({ remoteAddress }) as Socket;

const HEADERS = [
  {},
  { 'x-forwarded-for': '' },
  { 'x-forwarded-for': '203.0.113.1' },
  { 'x-forwarded-for': '198.51.100.7, 203.0.113.2' },
  { 'x-forwarded-for': ['198.51.100.7', '203.0.113.3'] as unknown as string },
  { 'x-forwarded-for': 'nonsense' },
];

/** A proxy sends the requests of many clients over one connection. */
test('what is remembered of a connection is never told of a request that says more', () => {
  const random = seeded(1);
  for (const trusted of [0, 1, 2]) {
    const addressOf = rememberAddresses(trusted);
    const sockets = ['192.0.2.1', '192.0.2.2', '2001:db8::1', undefined].map(socketOf);
    for (let i = 0; i < 500; i++) {
      const socket = sockets[whole(random, 0, sockets.length - 1)] as Socket;
      const headers = HEADERS[whole(random, 0, HEADERS.length - 1)] ?? {};
      const said: string | readonly string[] | undefined = headers['x-forwarded-for'];
      const { remoteAddress } = socket;
      const forwardedFor = said === undefined || typeof said === 'string' ? said : [...(said as [])].join();
      expect(addressOf(socket, headers)).toBe(clientIp({ remoteAddress, forwardedFor }, trusted));
    }
  }
});
