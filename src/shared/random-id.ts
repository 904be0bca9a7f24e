import { randomFillSync } from 'node:crypto';

const DIGITS = 32;
const bytes = Buffer.allocUnsafe((DIGITS / 2) * 256);
let pool = '';
let next = 0;

/** 32 hex digits from the system's generator: fit for a W3C trace id. Cut from a pool, as each draw costs a system call. */
export function randomId(): string {
  if (next === pool.length) {
    pool = randomFillSync(bytes).toString('hex');
    next = 0;
  }
  next += DIGITS;
  return pool.slice(next - DIGITS, next);
}
