import { describe, expect, test } from 'vitest';
import { clientIp, groupAddress } from '../../../src/policy/rate-limit/client-ip.ts';

const ip = (remoteAddress: string | undefined, forwardedFor: string | undefined, trusted: number) =>
  clientIp({ remoteAddress, forwardedFor }, trusted);

describe('the address of a client', () => {
  test('is that of the socket when no proxy is trusted, whatever the header says', () => {
    expect(ip('192.0.2.1', '203.0.113.9', 0)).toBe('192.0.2.1');
  });

  test('is what the outermost trusted proxy saw; what clients wrote to the left of it is not looked at', () => {
    expect(ip('10.0.0.1', '203.0.113.9', 1)).toBe('203.0.113.9');
    expect(ip('10.0.0.1', '127.0.0.1, 1.1.1.1, 203.0.113.9', 1)).toBe('203.0.113.9');
    expect(ip('10.0.0.1', '1.1.1.1, 203.0.113.9, 10.0.0.2', 2)).toBe('203.0.113.9');
    expect(ip('10.0.0.1', `${'x, '.repeat(5_000)}203.0.113.9`, 1)).toBe('203.0.113.9');
  });

  test('is the leftmost one when fewer proxies were passed than are trusted', () => {
    expect(ip('10.0.0.1', '203.0.113.9', 3)).toBe('203.0.113.9');
  });

  test.each(['', 'unknown', '1.2.3', 'a, ', '999.1.1.1', '1.2.3.4.5', '<script>', '1.2.3.4:99999999'])(
    'is that of the socket when a proxy wrote %j',
    garbage => {
      expect(ip('10.0.0.1', garbage, 1)).toBe('10.0.0.1');
    },
  );

  test.each([
    ['203.0.113.9:4711', '203.0.113.9'],
    ['[2001:db8::1]:443', '2001:db8:0:0::/64'],
    ['"[2001:db8::1]"', '2001:db8:0:0::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
  ])('is found in %j', (entry, expected) => {
    expect(ip('10.0.0.1', entry, 1)).toBe(expected);
  });

  test('is one for all where there is no socket', () => {
    expect(ip(undefined, undefined, 0)).toBe('unknown');
    expect(ip('/tmp/socket', undefined, 0)).toBe('unknown');
  });
});

describe('IPv6 addresses', () => {
  test('of one /64 are one, however they are written', () => {
    const written = [
      '2001:DB8:0:1::1',
      '2001:db8:0:1:ffff:ffff:ffff:ffff',
      '2001:0db8:0000:0001::',
      '2001:db8:0:1::1%eth0',
    ];
    expect(new Set(written.map(groupAddress))).toEqual(new Set(['2001:db8:0:1::/64']));
    expect(groupAddress('2001:db8:0:2::1')).toBe('2001:db8:0:2::/64');
    expect(groupAddress('::1')).toBe('0:0:0:0::/64');
    expect(groupAddress('1::')).toBe('1:0:0:0::/64');
    expect(groupAddress('64:ff9b::192.0.2.1')).toBe('64:ff9b:0:0::/64');
  });

  test.each(['::ffff:192.0.2.1', '::FFFF:c000:201', '0:0:0:0:0:ffff:192.0.2.1'])(
    'that map one of IPv4 are that one: %s',
    written => {
      expect(groupAddress(written)).toBe('192.0.2.1');
    },
  );
});
