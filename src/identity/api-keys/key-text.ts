import { randomBytes } from 'node:crypto';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 12;

/** 32 of 62 characters are 190 random bits. */
const SECRET_LENGTH = 32;

const KEY = /^weir_([0-9A-Za-z]{12})_[0-9A-Za-z]{32}$/;
const KEY_LENGTH = 'weir_'.length + ID_LENGTH + '_'.length + SECRET_LENGTH;

/** Bytes from here on would make the first characters of the alphabet likelier than the others. */
const UNBIASED = 256 - (256 % BASE62.length);

/** The public part of a key: what people and logs call it by. */
export const keyId = /^[0-9A-Za-z]{12}$/;

/** A new key, `weir_<id>_<secret>`, as its holder sends it. */
export function createKeyText(): { readonly id: string; readonly text: string } {
  const id = randomText(ID_LENGTH);
  return { id, text: `weir_${id}_${randomText(SECRET_LENGTH)}` };
}

/** The id of a key, or null for what cannot be one. */
export function idOfKey(text: string): string | null {
  // Length first: what a client sends has no bound here that would keep a pattern's work small.
  if (text.length !== KEY_LENGTH) return null;
  return KEY.exec(text)?.[1] ?? null;
}

function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < UNBIASED && text.length < length) text += BASE62[byte % BASE62.length];
    }
  }
  return text;
}
