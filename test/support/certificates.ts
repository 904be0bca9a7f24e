import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate and its key, in PEM. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface TestAuthority extends TestCertificate {
  /** Certificates of these names; or one that is over already. */
  issue(names: readonly string[], options?: { readonly isExpired?: boolean }): TestCertificate;
}

/** An authority that nobody else trusts. Certificates are written byte by byte (RFC 5280), as Node only reads them. */
export function createAuthority(name = 'test authority'): TestAuthority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = { name, key: keys.privateKey };
  const isCa = extension('551d13', sequence(BOOLEAN_TRUE), true);
  const subject = { name, key: keys.publicKey, extensions: [isCa], days: 100 };
  return {
    cert: certificate(subject, issuer),
    key: pemOfKey(keys.privateKey),
    issue(names, { isExpired = false } = {}) {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const extensions = [extension('551d11', sequence(...names.map(alternativeName)), false)];
      const leaf = { name: names[0] ?? '', key: own.publicKey, extensions, days: isExpired ? -1 : 10 };
      return { cert: certificate(leaf, issuer), key: pemOfKey(own.privateKey) };
    },
  };
}

interface Subject {
  readonly name: string;
  readonly key: KeyObject;
  readonly extensions: readonly Buffer[];
  /** That it is good for. */
  readonly days: number;
}

const DAY_MS = 86_400_000;
const BOOLEAN_TRUE = der(0x01, Buffer.from([0xff]));
const ECDSA_WITH_SHA256 = sequence(der(0x06, Buffer.from('2a8648ce3d040302', 'hex')));

function certificate(subject: Subject, issuer: { readonly name: string; readonly key: KeyObject }): string {
  const now = Date.now();
  const from = Math.min(now - DAY_MS, now + (subject.days - 1) * DAY_MS);
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    distinguishedName(issuer.name),
    sequence(time(from), time(now + subject.days * DAY_MS)),
    distinguishedName(subject.name),
    subject.key.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...subject.extensions)),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', signed, issuer.key)]);
  const text = sequence(signed, ECDSA_WITH_SHA256, der(0x03, signature)).toString('base64');
  const lines = text.match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

/** Type, length, value. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const long = length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...(length < 128 ? [length] : long)]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function distinguishedName(commonName: string): Buffer {
  const type = der(0x06, Buffer.from('550403', 'hex'));
  return sequence(der(0x31, sequence(type, der(0x0c, Buffer.from(commonName)))));
}

function extension(oid: string, content: Buffer, isCritical: boolean): Buffer {
  const type = der(0x06, Buffer.from(oid, 'hex'));
  return sequence(type, ...(isCritical ? [BOOLEAN_TRUE] : []), der(0x04, content));
}

function alternativeName(name: string): Buffer {
  if (isIP(name) === 4) return der(0x87, Buffer.from(name.split('.').map(Number)));
  return der(0x82, Buffer.from(name));
}

/** GeneralizedTime, in seconds. */
function time(at: number): Buffer {
  return der(0x18, Buffer.from(`${new Date(at).toISOString().replace(/[-:T]|\..*/g, '')}Z`));
}

function pemOfKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
